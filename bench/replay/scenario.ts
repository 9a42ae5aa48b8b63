import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A file as lines; `⟦⟧` in it is the cursor. */
type Lines = readonly string[];

export interface Scenario {
  readonly id: string;
  readonly about: string;
  /** Path in the workspace. */
  readonly file: string;
  readonly content: Lines;
  readonly seed?: number;
  /** Bounds of the time between keys, milliseconds. */
  readonly delays?: Delays;
  /** Other files of the workspace. */
  readonly files?: Readonly<Record<string, Lines>>;
  /** Files that are opened before `file`. */
  readonly open?: readonly string[];
  readonly steps: readonly Step[];
  /** Played with `--quick` too. */
  readonly quick?: boolean;
}

export type Delays = readonly [low: number, high: number];

export type Step =
  | { readonly type: string; readonly delays?: Delays }
  /** Waits until ghost text shows, at most `pause` milliseconds and at least `min`. */
  | { readonly pause: number; readonly label?: string; readonly min?: number }
  /** Types so many characters of what is shown. */
  | { readonly typeGhost: number; readonly delays?: Delays }
  | { readonly key: string; readonly times?: number; readonly label?: string }
  | { readonly sleep: number };

export const cursorMark = "⟦⟧";
export const usualDelays: Delays = [120, 250];
export const usualLeastPauseMs = 350;

/** The scenarios of a folder, by file name. */
export async function readScenarios(folder: string): Promise<Scenario[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8")) as Scenario),
  );
}

/** Text and place of the cursor, line and column from 1. */
export function documentOf({ content }: Scenario): { text: string; line: number; column: number } {
  const marked = content.join("\n");
  const at = marked.indexOf(cursorMark);
  const before = at < 0 ? marked : marked.slice(0, at);
  const lines = before.split("\n");
  return {
    text: marked.replace(cursorMark, ""),
    line: lines.length,
    column: (lines.at(-1)?.length ?? 0) + 1,
  };
}

/** Numbers from 0 to below 1 that are the same for a seed in every run (mulberry32, public domain). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
