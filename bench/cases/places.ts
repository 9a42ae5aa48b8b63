import type { SyntaxService } from "../../src/syntax/syntaxService.ts";
import type { CaseKind, EvalCase } from "../eval/cases.ts";
import { folded } from "../eval/score.ts";
import { rank, type SourceFile } from "./repository.ts";

/** A place in a file: what stands left of the cursor, what is missing, what stands right of it. */
export interface CasePlace {
  readonly kind: CaseKind;
  readonly line: number;
  readonly prefix: string;
  readonly truth: string;
  readonly suffix: string;
  readonly target?: Pick<Required<EvalCase>, "target_identifier" | "typed_chars">;
  /** Paths of the files that define the target. */
  readonly needs?: readonly string[];
}

export interface PlaceTools {
  readonly syntax: SyntaxService;
  readonly languageId: string;
  readonly seed: number;
  /** Files other than this one in which a name is defined. */
  readonly definedIn: (name: string, path: string) => readonly string[];
}

const importLine =
  /^\s*(?:import\b|from\s+\S+\s+import|use\s|using\s|package\s|#include|require\b|export\s.*\bfrom\b|\}\s*from\b)/;
const shortestCode = 12;
const blockLines = { least: 2, most: 8 };
const leastName = 4;

/** Candidates of one kind in a file, at most `most`, in an order that depends on the seed alone. */
export async function placesIn(
  file: SourceFile,
  kind: CaseKind,
  most: number,
  tools: PlaceTools,
): Promise<CasePlace[]> {
  const lines = file.text.split("\n");
  const starts = lineStarts(lines);
  const candidates = [...file.novelLines]
    .filter((line) => folded(lines[line] ?? "").length >= shortestCode && !importLine.test(lines[line] ?? ""))
    .sort((a, b) => (rank(tools.seed, `${file.path}:${a}`) < rank(tools.seed, `${file.path}:${b}`) ? -1 : 1));
  const found: CasePlace[] = [];
  for (const line of candidates) {
    if (found.length >= most) break;
    const text = lines[line] ?? "";
    const start = starts[line] ?? 0;
    const place = await makers[kind]({ file, lines, starts, line, text, start, tools });
    if (place && (await isCode(file, place, tools))) found.push(place);
  }
  return found;
}

interface Line {
  readonly file: SourceFile;
  readonly lines: readonly string[];
  readonly starts: readonly number[];
  readonly line: number;
  readonly text: string;
  readonly start: number;
  readonly tools: PlaceTools;
}

type Maker = (line: Line) => CasePlace | undefined | Promise<CasePlace | undefined>;

const makers: Readonly<Record<CaseKind, Maker>> = {
  line_end: (each) => {
    const { text } = each;
    const indent = text.search(/\S/);
    const code = text.trimEnd();
    const share = 0.3 + 0.4 * fraction(each);
    const cut = indent + Math.max(3, Math.floor((code.length - indent) * share));
    if (code.length - cut < 4) return undefined;
    return cutAt(each, "line_end", cut, code.length);
  },
  mid_call: (each) => {
    const { text } = each;
    const calls = [...text.matchAll(/[\w$\])>]\(/g)].map(({ index }) => index + 1);
    const open = calls[Math.floor(fraction(each) * calls.length)];
    if (open === undefined) return undefined;
    const { close, commas } = argumentsOf(text, open);
    if (close === undefined) return undefined;
    const begins = [open + 1, ...commas];
    const cut = begins[Math.floor(fraction(each, "comma") * begins.length)] ?? open + 1;
    const truth = text.slice(cut, close);
    return truth.trim().length < 2 ? undefined : cutAt(each, "mid_call", cut, close);
  },
  block: async (each) => {
    const { file, lines, starts, line, start, text, tools } = each;
    const indent = text.search(/\S/);
    const enclosing = await tools.syntax.enclosing(
      `cases:${file.path}`,
      tools.languageId,
      file.text,
      start + indent,
    );
    const body = enclosing?.function;
    if (!body || body.start >= start) return undefined;
    let last = lineAt(starts, body.end - 1);
    while (last > line && /^\s*(?:[)\]}][)\]};,]*|end)?\s*$/.test(lines[last] ?? "")) last--;
    const rest = lines.slice(line, last + 1);
    if (rest.length < blockLines.least || rest.length > blockLines.most) return undefined;
    const novel = rest.filter((_, i) => file.novelLines.has(line + i)).length;
    if (novel * 2 < rest.length || rest.some((each) => each.trim() !== "" && each.search(/\S/) < indent))
      return undefined;
    const end = (starts[last] ?? 0) + (lines[last] ?? "").trimEnd().length;
    const prefix = file.text.slice(0, start + indent);
    return {
      kind: "block",
      line,
      prefix,
      truth: file.text.slice(start + indent, end),
      suffix: file.text.slice(end),
    };
  },
  cross_file: (each) => {
    const { file, text, tools } = each;
    for (const { 0: name, index } of text.matchAll(/[A-Za-z_$][\w$]*/g)) {
      if (name.length < leastName) continue;
      const uses = file.text.match(new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`, "g"));
      if (uses?.length !== 1) continue;
      const needs = tools.definedIn(name, file.path);
      if (needs.length === 0 || needs.length > 2) continue;
      const typed = fraction(each) < 0.5 ? 0 : 2;
      const place = cutAt(each, "cross_file", index + typed, text.trimEnd().length);
      return { ...place, needs, target: { target_identifier: name, typed_chars: typed } };
    }
    return undefined;
  },
};

function cutAt({ file, line, start }: Line, kind: CaseKind, from: number, to: number): CasePlace {
  return {
    kind,
    line,
    prefix: file.text.slice(0, start + from),
    truth: file.text.slice(start + from, start + to),
    suffix: file.text.slice(start + to),
  };
}

/** The parser's word that the cursor stands neither in a comment nor in a string. */
async function isCode(
  { path, text }: SourceFile,
  { kind, prefix, truth }: CasePlace,
  { syntax, languageId }: PlaceTools,
): Promise<boolean> {
  const cursor = await syntax.atCursor(`cases:${path}`, languageId, prefix, text.slice(prefix.length));
  if (!cursor) return false;
  const { place, inCallArguments } = cursor.context;
  cursor.dispose();
  return place === "code" && (kind !== "mid_call" || inCallArguments) && /[\p{L}\p{N}]/u.test(truth);
}

/** The closer of the parenthesis at `open` on the same line, and where further arguments begin. */
function argumentsOf(text: string, open: number): { close?: number; commas: number[] } {
  let depth = 0;
  const commas: number[] = [];
  for (let at = open; at < text.length; at++) {
    const character = text[at] ?? "";
    if ("([{".includes(character)) depth++;
    else if (")]}".includes(character) && --depth === 0) return { close: at, commas };
    else if (character === "," && depth === 1 && text[at + 1] === " ") commas.push(at + 2);
    else if (`"'\``.includes(character)) {
      const end = text.indexOf(character, at + 1);
      if (end < 0) return { commas };
      at = end;
    }
  }
  return { commas };
}

/** From 0 to below 1, by seed and place. */
function fraction({ file, line, tools }: Line, salt = ""): number {
  return Number.parseInt(rank(tools.seed, `${file.path}:${line}:${salt}`).slice(0, 8), 16) / 2 ** 32;
}

function lineStarts(lines: readonly string[]): number[] {
  let start = 0;
  return lines.map((line) => {
    const own = start;
    start += line.length + 1;
    return own;
  });
}

function lineAt(starts: readonly number[], offset: number): number {
  const next = starts.findIndex((start) => start > offset);
  return (next < 0 ? starts.length : next) - 1;
}
