import type * as vscode from "vscode";
import type { GitChange, GitRepository } from "../git.ts";
import { changesOf, textAt } from "../gitChanges.ts";

export interface SearchableParts {
  /** Whether a file may enter a prompt at all. */
  readonly mayUse: (uri: vscode.Uri) => Promise<boolean>;
  /** Undefined for a file that is gone. */
  readonly sizeOf: (
    uri: vscode.Uri,
  ) => Promise<{ readonly bytes: number; readonly isLink: boolean } | undefined>;
}

export interface SearchableChanges {
  readonly changes: readonly GitChange[];
  /** Files that were changed and are not looked at; those that are gone do not count. */
  readonly leftOut: number;
}

/** Larger files were not written by hand. */
const mostBytes = 500_000;

/** The changed files of a working tree in which a bug may be looked for: no links, which lead to other files. */
export async function searchableChanges(
  { state }: GitRepository,
  { mayUse, sizeOf }: SearchableParts,
): Promise<SearchableChanges> {
  const changes: GitChange[] = [];
  let leftOut = 0;
  for (const change of changesOf(state, false)) {
    const size = await sizeOf(change.uri);
    if (!size) continue;
    const isUsable = !size.isLink && size.bytes <= mostBytes && holdsCode(change.uri.path);
    if (isUsable && (await mayUse(change.uri))) changes.push(change);
    else leftOut++;
  }
  return { changes, leftOut };
}

/** The text at the last commit, under the name that the file had then; empty for a file that is not in it. */
export async function committedText(repository: GitRepository, { originalUri }: GitChange): Promise<string> {
  return ((await textAt(repository, "HEAD", originalUri)) ?? "").replaceAll("\r\n", "\n");
}

/** Prose, data and what tools write: a model would read them for minutes, and there is no bug to find. */
const noCode =
  /\.(?:md|mdx|markdown|rst|txt|adoc|json|jsonc|json5|jsonl|ndjson|geojson|ipynb|csv|tsv|log|svg|lock|sum|snap|map|min\.\w+)$|(?:^|\/)[^/]*[-.]lock\.\w+$/i;

export function holdsCode(path: string): boolean {
  return !noCode.test(path);
}
