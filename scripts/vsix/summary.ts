import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Lines that say what a folder holds: files and unpacked megabytes, one line per part, largest first. */
export async function contentSummary(folder: string): Promise<string[]> {
  const parts = new Map<string, { files: number; bytes: number }>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const part = partOf(relative(folder, path).split(sep));
    const sum = parts.get(part) ?? { files: 0, bytes: 0 };
    sum.files += 1;
    sum.bytes += (await stat(path)).size;
    parts.set(part, sum);
  }
  const rows = [...parts].sort(([, a], [, b]) => b.bytes - a.bytes);
  return rows.map(([part, { files, bytes }]) => {
    const size = (bytes / 1e6).toFixed(2).padStart(8);
    return `${size} MB ${String(files).padStart(5)} files  ${part}`;
  });
}

/** Packages of the engine one by one, everything else by its folder. */
function partOf(segments: readonly string[]): string {
  const modules = segments.indexOf("node_modules");
  const depth = modules < 0 ? 2 : modules + (segments[modules + 1]?.startsWith("@") ? 3 : 2);
  return segments.slice(0, Math.min(depth, Math.max(segments.length - (modules < 0 ? 1 : 0), 1))).join("/");
}
