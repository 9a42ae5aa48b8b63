import * as vscode from "vscode";
import { diffByFile } from "../../chat/diffByFile.ts";
import { currentRepository, type GitRepository } from "../git.ts";

/**
 * The diff of the index (`staged`) or of the working tree, without the files that may not be used; empty without a
 * repository or without changes.
 */
export async function usableDiff(
  staged: boolean,
  mayUse: (uri: vscode.Uri) => Promise<boolean>,
  repository?: GitRepository,
): Promise<string> {
  const found = repository ?? (await currentRepository());
  if (!found) return "";
  const kept: string[] = [];
  for (const { paths, text } of diffByFile(await found.diff(staged))) {
    const uris = paths.map((path) => vscode.Uri.joinPath(found.rootUri, path));
    const usable = await Promise.all(uris.map(mayUse));
    if (usable.every(Boolean)) kept.push(text);
  }
  return kept.join("");
}
