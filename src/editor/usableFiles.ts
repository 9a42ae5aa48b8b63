import * as vscode from "vscode";
import { FileGates } from "../completion/fileGates.ts";
import { isSecretFile } from "../context/secretFiles.ts";
import type { IgnoredFiles } from "./ignoredFiles.ts";
import type { RealPath } from "./linkTarget.ts";
import { realFile } from "./realFile.ts";
import type { Settings } from "./settings.ts";

/** Finds files by a glob; of those that may enter a prompt, `limit` at most. */
export type FindFiles = (glob: string, limit: number) => Promise<readonly vscode.Uri[]>;

const asksAtOnce = 200;

/** How `filePolicy` judges a single file, and the path without links with which it does. */
export interface LinkPolicy {
  readonly mayUse: (uri: vscode.Uri) => Promise<boolean>;
  readonly realPath?: RealPath;
}

/**
 * Finds files of the workspace whose text may enter a prompt, as `filePolicy` has it for a single file. What is
 * excluded does not count towards the limit, and git is asked about many files at once.
 */
export function usableFiles(
  settings: Settings,
  ignored: IgnoredFiles,
  { mayUse, realPath }: LinkPolicy,
): FindFiles {
  const gates = new FileGates();
  return async (glob, limit) => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    if (!folder) return [];
    const { excludeGlobs, respectGitignore } = settings.completion({
      uri: folder.uri.toString(),
      languageId: "",
    });
    const hidden = vscode.workspace
      .getConfiguration("search", folder)
      .get<Readonly<Record<string, unknown>>>("exclude", {});
    const exclude = [...excludeGlobs, ...Object.keys(hidden).filter((key) => hidden[key] === true)];
    const uris = await vscode.workspace.findFiles(
      glob,
      exclude.length > 0 ? `{${[...new Set(exclude)].join(",")}}` : undefined,
      limit,
    );
    const allowed = uris.filter((uri) => {
      const path = vscode.workspace.asRelativePath(uri);
      return !isSecretFile(path) && !gates.isExcluded(path, excludeGlobs);
    });
    const kept: vscode.Uri[] = [];
    for (let at = 0; at < allowed.length; at += asksAtOnce) {
      const some = allowed.slice(at, at + asksAtOnce);
      const out = respectGitignore ? await ignored.among(some.map(String)) : new Set<string>();
      const followed = await Promise.all(some.map(mayFollow));
      kept.push(...some.filter((uri, index) => !out.has(uri.toString()) && followed[index]));
    }
    return kept;
  };

  /** Only what lies behind a link is asked about one by one. */
  async function mayFollow(uri: vscode.Uri): Promise<boolean> {
    const real = await realFile(uri, realPath);
    return real?.toString() === uri.toString() || (real !== undefined && mayUse(real));
  }
}
