import type * as vscode from "vscode";
import type { GitChange, GitRepository } from "./git.ts";

/**
 * The changed files, each once.
 * @param staged takes those that the next commit holds; else all that differ from the last one.
 */
export function changesOf(state: GitRepository["state"], staged: boolean): readonly GitChange[] {
  const { indexChanges, mergeChanges, workingTreeChanges, untrackedChanges } = state;
  if (staged) return indexChanges;
  // A file that is staged and then changed again is listed twice; the first knows what it was called before.
  const byFile = new Map<string, GitChange>();
  for (const change of [...indexChanges, ...mergeChanges, ...workingTreeChanges, ...untrackedChanges]) {
    const key = change.uri.toString();
    if (!byFile.has(key)) byFile.set(key, change);
  }
  return [...byFile.values()];
}

/** @returns undefined where the revision has no such file; the index is the revision without a name. */
export async function textAt(
  repository: GitRepository,
  revision: "HEAD" | "",
  uri: vscode.Uri,
): Promise<string | undefined> {
  try {
    return await repository.show(revision, uri.fsPath);
  } catch {
    // How git says that the file is new, is gone, or that there is no commit yet.
    return undefined;
  }
}
