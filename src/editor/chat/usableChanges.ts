import type * as vscode from "vscode";
import { fileDiff } from "../../chat/fileDiff.ts";
import type { GitChange, GitRepository } from "../git.ts";
import { changesOf, textAt } from "../gitChanges.ts";

/** More files than this at once say nothing to a local model, and each costs a run of git. */
const mostFiles = 100;
/** And so does more text than this. */
const mostCharacters = 200_000;

export interface UsableChangesParts {
  /** Whether a file may enter a prompt at all. */
  readonly mayUse: (uri: vscode.Uri) => Promise<boolean>;
  /** A file as it is on disk, its text undefined where it is gone; undefined for what is not read: a link, a large file. */
  readonly onDisk: (uri: vscode.Uri) => Promise<{ readonly text: string | undefined } | undefined>;
  readonly maskSecrets: (text: string) => string;
}

/**
 * The changes since the last commit, file by file, new files included, without the files that may not be used. Which
 * files those are is known before any of their text is read.
 * @param staged takes what the next commit holds; else the files as they are on disk.
 */
export async function usableChanges(
  staged: boolean,
  repository: GitRepository,
  { mayUse, onDisk, maskSecrets }: UsableChangesParts,
): Promise<string> {
  const usable: GitChange[] = [];
  for (const change of changesOf(repository.state, staged)) {
    const uris = [change.uri, change.originalUri];
    if ((await Promise.all(uris.map(mayUse))).every(Boolean)) usable.push(change);
  }
  let told = "";
  let index = 0;
  for (; index < Math.min(usable.length, mostFiles) && told.length < mostCharacters; index++) {
    const change = usable[index];
    if (change) told += await changeText(change);
  }
  return index < usable.length ? `${told}(${usable.length - index} more changed files)\n` : told;

  async function changeText({ uri, originalUri }: GitChange): Promise<string> {
    const newPath = pathIn(repository, uri);
    const now = staged ? { text: await textAt(repository, "", uri) } : await onDisk(uri);
    if (!now) return `+++ ${newPath}\n(not read)\n`;
    const before = await textAt(repository, "HEAD", originalUri);
    // Cleared of secrets whole: the part of a key that has changed does not look like one.
    return fileDiff({
      oldPath: pathIn(repository, originalUri),
      newPath,
      before: before === undefined ? undefined : maskSecrets(before),
      after: now.text === undefined ? undefined : maskSecrets(now.text),
    });
  }
}

function pathIn({ rootUri }: GitRepository, { path }: vscode.Uri): string {
  return path.startsWith(`${rootUri.path}/`) ? path.slice(rootUri.path.length + 1) : path;
}
