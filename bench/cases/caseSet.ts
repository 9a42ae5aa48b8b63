import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { silentLog } from "../../src/base/log.ts";
import { grammarsInPackages } from "../../src/syntax/grammarFiles.ts";
import type { SyntaxService } from "../../src/syntax/syntaxService.ts";
import { TreeSitterSyntax } from "../../src/syntax/treeSitterSyntax.ts";
import type { CaseKind, EvalCase, WorkspaceFile } from "../eval/cases.ts";
import { type CasePlace, placesIn } from "./places.ts";
import { type Repository, rank, readRepository, type SourceFile } from "./repository.ts";

/** How many cases of each kind a repository gives at most. */
export type Wanted = Readonly<Record<CaseKind, number>>;

export interface SetOptions {
  readonly repositories: readonly { readonly location: string; readonly languageId: string }[];
  /** ISO day; only lines that are newer count. */
  readonly since: string;
  readonly wanted: Wanted;
  readonly seed: number;
  readonly tell: (message: string) => void;
}

const extensionsOf: Readonly<Record<string, readonly string[]>> = {
  typescript: ["ts"],
  javascript: ["js"],
  python: ["py"],
  go: ["go"],
  rust: ["rs"],
  java: ["java"],
  c: ["c", "h"],
  cpp: ["cpp", "cc", "hpp"],
  csharp: ["cs"],
  ruby: ["rb"],
  php: ["php"],
};
export const caseLanguages = Object.keys(extensionsOf);

const kinds: readonly CaseKind[] = ["line_end", "mid_call", "block", "cross_file"];
/** Cases of one kind that one file may give, so that none rules the set. */
const mostPerFile = 2;
const mostWorkspaceBytes = 1_400_000;

/** Writes `cases.jsonl.gz` and `workspaces.jsonl.gz` to `folder`; the same input always gives the same bytes. */
export async function writeCaseSet(folder: string, options: SetOptions): Promise<readonly EvalCase[]> {
  const syntax = new TreeSitterSyntax(grammarsInPackages(import.meta.url), silentLog);
  const cases: EvalCase[] = [];
  const workspaces: WorkspaceFile[] = [];
  try {
    for (const { location, languageId } of options.repositories) {
      const extensions = extensionsOf[languageId];
      if (!extensions)
        throw new Error(`No cases can be made of ${languageId}; it takes ${caseLanguages.join(", ")}.`);
      const repository = await readRepository(location, options.since, extensions);
      const made = await casesOf(repository, languageId, syntax, options);
      cases.push(...made.map(({ row }) => row));
      workspaces.push(...workspaceOf(repository, made));
      options.tell(
        `${repository.name}: ${made.length} cases (${languageId}, ${repository.licence}, ${repository.headDate})`,
      );
    }
  } finally {
    syntax.dispose();
  }
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "cases.jsonl.gz"), packed(cases));
  await writeFile(path.join(folder, "workspaces.jsonl.gz"), packed(workspaces));
  return cases;
}

interface Made {
  readonly row: EvalCase;
  readonly needs: readonly string[];
}

async function casesOf(
  repository: Repository,
  languageId: string,
  syntax: SyntaxService,
  { wanted, seed }: SetOptions,
): Promise<Made[]> {
  const definedIn = await definitions(repository, languageId, syntax);
  const files = repository.files
    .filter((file) => file.novelLines.size > 0)
    .sort((a, b) => (rank(seed, a.path) < rank(seed, b.path) ? -1 : 1));
  const made: Made[] = [];
  for (const kind of kinds) {
    let left = wanted[kind];
    for (const file of files) {
      if (left === 0) break;
      const most = Math.min(left, mostPerFile);
      for (const place of await placesIn(file, kind, most, { syntax, languageId, seed, definedIn })) {
        const id = `${repository.name.replace("/", "__")}-${kind}-${String(wanted[kind] - left).padStart(2, "0")}`;
        made.push({ row: rowOf(id, repository, languageId, file, place), needs: place.needs ?? [] });
        left--;
      }
    }
  }
  return made;
}

function rowOf(
  id: string,
  { name, commit, headDate, licence }: Repository,
  language: string,
  file: SourceFile,
  { kind, line, prefix, truth, suffix, target }: CasePlace,
): EvalCase {
  return {
    id,
    kind,
    language,
    repo: name,
    commit,
    head_date: headDate,
    path: file.path,
    licence,
    line: line + 1,
    workspace: name.replace("/", "__"),
    prefix,
    suffix,
    truth_line: truth.split("\n", 1)[0] ?? "",
    truth_block: truth,
    ...target,
  };
}

async function definitions(
  { files }: Repository,
  languageId: string,
  syntax: SyntaxService,
): Promise<(name: string, path: string) => readonly string[]> {
  const paths = new Map<string, Set<string>>();
  for (const file of files) {
    const outline = await syntax.outline(languageId, file.text);
    for (const { name } of outline?.definitions ?? []) {
      const known = paths.get(name) ?? new Set();
      paths.set(name, known.add(file.path));
    }
  }
  return (name, own) => [...(paths.get(name) ?? [])].filter((each) => each !== own);
}

/** All files of cases and what they need, then their neighbours, then what fits. */
function workspaceOf({ name, files, licences }: Repository, made: readonly Made[]): WorkspaceFile[] {
  const workspace = name.replace("/", "__");
  const own = new Set(made.flatMap(({ row, needs }) => [row.path, ...needs]));
  const folders = new Set([...own].map((each) => path.posix.dirname(each)));
  const order = (file: SourceFile): number =>
    own.has(file.path) ? 0 : folders.has(path.posix.dirname(file.path)) ? 1 : 2;
  const sorted = [...files].sort((a, b) => order(a) - order(b) || (a.path < b.path ? -1 : 1));
  let left = mostWorkspaceBytes;
  const kept = sorted.filter((file) => {
    const bytes = Buffer.byteLength(file.text);
    if (!own.has(file.path) && bytes > left) return false;
    left -= bytes;
    return true;
  });
  return [...licences, ...kept].map(({ path: each, text }) => ({ workspace, path: each, text }));
}

/** Without gzip's time stamp, which Node leaves at zero. */
function packed(rows: readonly unknown[]): Buffer {
  return gzipSync(rows.map((row) => `${JSON.stringify(row)}\n`).join(""), { level: 9 });
}
