import path from "node:path";
import type { OpenDocument, OpenDocuments } from "../../src/context/openDocuments.ts";
import type { EvalCase, WorkspaceFile } from "./cases.ts";

/** As many as an editor's tabs and lately seen files that Wisp looks at. */
const mostOpen = 12;

/**
 * What a user who works on the case's file may have open: the file itself with its hole, then those of the same
 * language that lie nearest in the tree. Which files the truth needs is not asked.
 */
export function openDocumentsOf(
  each: EvalCase,
  files: readonly WorkspaceFile[],
  uriOf: (path: string) => string,
): OpenDocuments {
  const own = document(each.path, each.language, uriOf, each.prefix + each.suffix);
  const others = files
    .filter((file) => file.path !== each.path && path.extname(file.path) === path.extname(each.path))
    .map((file) => ({ file, distance: distance(file.path, each.path) }))
    .sort((a, b) => a.distance - b.distance || (a.file.path < b.file.path ? -1 : 1))
    .slice(0, mostOpen - 1)
    .map(({ file }) => document(file.path, each.language, uriOf, file.text));
  const list = [own, ...others];
  return { list: () => list };
}

function document(
  file: string,
  languageId: string,
  uriOf: (path: string) => string,
  text: string,
): OpenDocument {
  return { uri: uriOf(file), path: file, languageId, version: 1, text: () => text };
}

/** Folders to leave and to enter on the way from one file to the other. */
function distance(a: string, b: string): number {
  const [left, right] = [path.dirname(a).split("/"), path.dirname(b).split("/")];
  let shared = 0;
  while (shared < left.length && shared < right.length && left[shared] === right[shared]) shared++;
  return left.length + right.length - 2 * shared;
}
