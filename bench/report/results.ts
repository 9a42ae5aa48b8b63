import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChatFigures } from "../chat/chat.ts";
import type { Footprint } from "../footprint.ts";
import type { Machine } from "../machine.ts";
import type { PipelineFigures } from "../pipelineFigures.ts";
import type { ReplayFigures } from "../replay/figures.ts";

/** What `bench/engine.ts` writes, as far as the report tells it. */
export interface EngineFigures {
  readonly loadMs: number;
  readonly memoryMb: number;
  readonly prefillPerSecond: number;
  readonly decodePerSecond: number;
  readonly abortMs: number;
  readonly othersCores: number;
  readonly firstTokenMs: readonly {
    readonly promptTokens: number;
    readonly cold: number;
    readonly typedOn: number;
    readonly unchanged: number;
  }[];
}

/** One run of `npm run bench`; parts that were left out are absent. */
export interface BenchResult extends Partial<ReplayFigures>, Partial<Footprint> {
  /** ISO time at which it began. */
  readonly at: string;
  readonly machine: Machine;
  readonly model: string;
  readonly quick: boolean;
  readonly engine?: EngineFigures;
  readonly pipeline?: readonly PipelineFigures[];
  readonly chat?: ChatFigures;
  readonly activation?: { readonly ms: number };
}

export async function keepResult(folder: string, result: BenchResult): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${result.at.replaceAll(/[:.]/g, "-")}.json`);
  await writeFile(path, `${JSON.stringify(result, null, 1)}\n`);
  return path;
}

/** All kept results, oldest first. */
export async function readResults(folder: string): Promise<BenchResult[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8")) as BenchResult),
  );
}
