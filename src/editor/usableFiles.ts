import * as vscode from "vscode";
import { FileGates } from "../completion/fileGates.ts";
import { isSecretFile } from "../context/secretFiles.ts";
import type { IgnoredFiles } from "./ignoredFiles.ts";
import type { Settings } from "./settings.ts";

/** Finds files by a glob; of those that may enter a prompt, `limit` at most. */
export type FindFiles = (glob: string, limit: number) => Promise<readonly vscode.Uri[]>;

const asksAtOnce = 200;

/**
 * Finds files of the workspace whose text may enter a prompt, as `filePolicy` has it for a single file. What is
 * excluded does not count towards the limit, and git is asked about many files at once.
 */
export function usableFiles(settings: Settings, ignored: IgnoredFiles): FindFiles {
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
    if (!respectGitignore) return allowed;
    const kept: vscode.Uri[] = [];
    for (let at = 0; at < allowed.length; at += asksAtOnce) {
      const some = allowed.slice(at, at + asksAtOnce);
      const out = await ignored.among(some.map(String));
      kept.push(...some.filter((uri) => !out.has(uri.toString())));
    }
    return kept;
  };
}
