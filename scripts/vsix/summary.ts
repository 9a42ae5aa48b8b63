import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Packages below this size are told together. */
const smallPackageBytes = 100_000;

/** Lines that say what a folder holds: files and unpacked megabytes, one line per part, largest first. */
export async function contentSummary(folder: string): Promise<string[]> {
  const parts = new Map<string, Size>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    add(parts, partOf(relative(folder, path).split(sep)), { files: 1, bytes: (await stat(path)).size });
  }
  const rows = new Map<string, Size>();
  for (const [part, size] of parts) {
    const isSmall = part.includes("node_modules/") && size.bytes < smallPackageBytes;
    add(rows, isSmall ? "dist/engine/node_modules, small packages" : part, size);
  }
  return [...rows].sort(([, a], [, b]) => b.bytes - a.bytes).map(([part, size]) => row(part, size));
}

interface Size {
  readonly files: number;
  readonly bytes: number;
}

function add(sizes: Map<string, Size>, part: string, { files, bytes }: Size): void {
  const before = sizes.get(part) ?? { files: 0, bytes: 0 };
  sizes.set(part, { files: before.files + files, bytes: before.bytes + bytes });
}

function row(part: string, { files, bytes }: Size): string {
  return `${(bytes / 1e6).toFixed(2).padStart(8)} MB ${String(files).padStart(5)} files  ${part}`;
}

/** Packages of the engine one by one, everything else by file or by the first two folders. */
function partOf(segments: readonly string[]): string {
  const modules = segments.indexOf("node_modules");
  if (modules < 0) return segments.slice(0, 2).join("/");
  const nameLength = segments[modules + 1]?.startsWith("@") ? 2 : 1;
  return segments.slice(0, modules + 1 + nameLength).join("/");
}
