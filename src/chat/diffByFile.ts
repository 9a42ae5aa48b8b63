export interface FileDiff {
  /** Paths of the file before and after, relative to the repository; one when it was not renamed. */
  readonly paths: readonly string[];
  /** The file's part of the diff with its header. */
  readonly text: string;
}

/** The parts of a `git diff`, file by file. A part whose header names no path counts as one without paths. */
export function diffByFile(diff: string): readonly FileDiff[] {
  return diff
    .split(/^(?=diff --git )/m)
    .filter((text) => text.startsWith("diff --git "))
    .map((text) => ({ paths: pathsOf(text), text }));
}

function pathsOf(text: string): readonly string[] {
  const header = text.split(/^@@ /m, 1)[0] ?? "";
  const named = [...header.matchAll(/^(?:---|\+\+\+) (?:"?[ab]\/(.*?)"?)\t?$|^rename (?:from|to) (.*)$/gm)];
  const paths = named.map((match) => match[1] ?? match[2] ?? "").filter(Boolean);
  // A binary or empty file has the first line only; its two names are the same.
  if (paths.length === 0) {
    const same = /^diff --git "?a\/(.*?)"? "?b\/\1"?$/m.exec(header)?.[1];
    if (same !== undefined) paths.push(same);
  }
  return [...new Set(paths)];
}
