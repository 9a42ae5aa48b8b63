/**
 * Gives a model's block the indentation and the line end of the region that it replaces: models write a method as if
 * it stood at the left margin, and with spaces where the file has tabs.
 */
export function likeRegion(written: string, old: string): string {
  const oldIndent = indentOf(old);
  const newIndent = indentOf(written);
  const lines = written.replace(/\s+$/, "").split("\n");
  // Those of a text of several lines: white space in front would be a part of it.
  const outdented = new Set(old.split("\n").filter((line) => line.trim() && !line.startsWith(oldIndent)));
  const inStyle = indentStyle(lines, newIndent, old.split("\n"), oldIndent);
  const moved =
    oldIndent === newIndent && !inStyle
      ? lines
      : lines.map((line) => {
          if (line.trim() === "") return "";
          if (outdented.has(line)) return line;
          const rest = line.startsWith(newIndent) ? line.slice(newIndent.length) : line.trimStart();
          return oldIndent + (inStyle ? inStyle(rest) : rest);
        });
  return moved.join("\n") + (old.endsWith("\n") ? "\n" : "");
}

/** How a line behind the common indentation is indented as the old code is; undefined where it is already. */
function indentStyle(
  lines: readonly string[],
  newIndent: string,
  oldLines: readonly string[],
  oldIndent: string,
): ((line: string) => string) | undefined {
  const [now, before] = [unitOf(lines, newIndent), unitOf(oldLines, oldIndent)];
  if (!now || !before || now.includes("\t") === before.includes("\t")) return undefined;
  return (line) => {
    const indent = /^[ \t]*/.exec(line)?.[0] ?? "";
    const steps = indent.split(now).length - 1;
    return before.repeat(steps) + indent.slice(steps * now.length) + line.slice(indent.length);
  };
}

/** One step of indentation: a tab, or the fewest spaces; undefined where nothing is indented. */
function unitOf(lines: readonly string[], base: string): string | undefined {
  const steps = lines.flatMap((line) => {
    if (line.trim() === "" || !line.startsWith(base)) return [];
    return /^[ \t]+/.exec(line.slice(base.length))?.[0] ?? [];
  });
  if (base.includes("\t") || steps.some((step) => step.startsWith("\t"))) return "\t";
  return steps.sort((a, b) => a.length - b.length)[0];
}

function indentOf(text: string): string {
  const first = text.split("\n").find((line) => line.trim() !== "") ?? "";
  return first.slice(0, first.length - first.trimStart().length);
}
