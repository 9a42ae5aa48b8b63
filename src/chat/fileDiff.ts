import { structuredPatch } from "diff";

/** A file before and after a change, cleared of secrets; undefined is for a file that was not there or is no more. */
export interface FileVersions {
  /** Paths relative to the repository; they differ where the file was renamed. */
  readonly oldPath: string;
  readonly newPath: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Comparing two texts that have little in common takes longer with the square of their lines. */
const longestComparisonMs = 200;

/**
 * What has changed in a file, as `git diff` writes it; empty for no change but that of line ends. It is made from the two
 * texts because what git itself prints depends on the user's settings: prefixes, colours, programs of their own.
 */
export function fileDiff({ oldPath, newPath, before, after }: FileVersions): string {
  const [old, now] = [plain(before), plain(after)];
  const isSame = old === now && oldPath === newPath && (before === undefined) === (after === undefined);
  if (isSame) return "";
  const names = `--- ${before === undefined ? "/dev/null" : oldPath}\n+++ ${after === undefined ? "/dev/null" : newPath}\n`;
  if (`${old}${now}`.includes("\0")) return `${names}(not text)\n`;
  // There is nothing to compare, however large the other side is.
  if (old === "" || now === "") return names + wholeHunk(old, "-") + wholeHunk(now, "+");
  const patch = structuredPatch(oldPath, newPath, old, now, undefined, undefined, {
    context: 3,
    timeout: longestComparisonMs,
  });
  if (!patch) return `${names}(too different to compare)\n`;
  const hunks = patch.hunks.map(
    ({ oldStart, oldLines, newStart, newLines, lines }) =>
      `@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@\n${lines.join("\n")}\n`,
  );
  return names + hunks.join("");
}

/** All of a text as added or removed; empty for an empty one. */
function wholeHunk(text: string, sign: "+" | "-"): string {
  if (text === "") return "";
  const lines = text.replace(/\n$/, "").split("\n");
  const ranges = sign === "+" ? `-0,0 +1,${lines.length}` : `-1,${lines.length} +0,0`;
  const end = text.endsWith("\n") ? "" : "\\ No newline at end of file\n";
  return `@@ ${ranges} @@\n${lines.map((line) => `${sign}${line}\n`).join("")}${end}`;
}

/** Git names the line before a range that is empty. */
function range(start: number, lines: number): string {
  return `${lines === 0 ? start - 1 : start},${lines}`;
}

function plain(text = ""): string {
  return text.replaceAll("\r\n", "\n");
}
