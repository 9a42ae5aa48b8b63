import { writeFile } from "node:fs/promises";
import { runCommand, wholeNumber } from "../scripts/support/command.ts";
import { UsageError } from "../scripts/support/step.ts";
import { systemClock } from "../src/base/clock.ts";
import { silentLog } from "../src/base/log.ts";
import type { CompletionQuery } from "../src/completion/completionApi.ts";
import { CompletionService } from "../src/completion/completionService.ts";
import {
  type DocumentSnapshot,
  snapshotPrefixLimit,
  snapshotSuffixLimit,
} from "../src/completion/documentSnapshot.ts";
import type { SuggestionSource } from "../src/completion/outcome.ts";
import { completionSettingsOf } from "../src/editor/settingValues.ts";
import { windowAfter, windowBefore } from "../src/editor/textWindow.ts";
import { grammarsInPackages } from "../src/syntax/grammarFiles.ts";
import { TreeSitterSyntax } from "../src/syntax/treeSitterSyntax.ts";
import { answerText, instantModel, sourceLine } from "./instantModel.ts";
import type { PipelineFigures } from "./pipelineFigures.ts";

const usage = `node --expose-gc --max-semi-space-size=512 bench/pipeline.ts [--sizes N,N] [--keys N] [--out FILE]
  what the extension does at a key, without a model; sizes of the file in lines`;

const situation = {
  cursorCount: 1,
  hasSelection: false,
  lastChange: { kind: "typing", stale: false },
} as const;
/** The parser and the compiler have seen the code before anything is measured. */
const warmUpKeys = 30;

async function measured(lineCount: number, keys: number): Promise<PipelineFigures> {
  const syntax = new TreeSitterSyntax(grammarsInPackages(import.meta.url), silentLog);
  const settings = completionSettingsOf(
    () => undefined,
    () => {},
    false,
  );
  const service = new CompletionService({
    model: instantModel,
    syntax,
    clock: systemClock,
    log: silentLog,
    settings: () => ({ ...settings, debounce: { minMs: 0, maxMs: 0 } }),
    snoozedUntil: () => 0,
    isIgnored: () => false,
    contextProviders: [],
    onModelError: (error) => {
      throw error;
    },
  });
  try {
    const typist = new Typist(service, lineCount);
    for (let key = 0; key < warmUpKeys; key++) await typist.newPlace("model");
    const model = await typist.series(keys, () => typist.newPlace("model"));
    const cache = await typist.series(keys, () => typist.samePlace());
    const typedThrough = await typist.series(keys, () => typist.nextKey());
    return {
      lines: lineCount,
      stageUs: model.stageUs,
      keyUs: { model: model.keyUs, cache: cache.keyUs, typedThrough: typedThrough.keyUs },
      allocatedKb: {
        model: model.allocatedKb,
        cache: cache.allocatedKb,
        typedThrough: typedThrough.allocatedKb,
      },
    };
  } finally {
    service.dispose();
    syntax.dispose();
  }
}

/** Asks as the editor does, each time with a snapshot of a document whose middle line changes. */
class Typist {
  readonly #service: CompletionService;
  readonly #lines: string[];
  readonly #line: number;
  readonly #length: number;
  #places = 0;
  #typed = 0;
  #snapshotMs = 0;
  #lastId = -1;

  constructor(service: CompletionService, lineCount: number) {
    this.#service = service;
    // In the loop of a function in the middle.
    this.#line = 8 * Math.floor(lineCount / 16) + 3;
    this.#lines = Array.from({ length: lineCount }, (_, index) => sourceLine(index));
    // Files above a million characters are refused; this tells what they would cost.
    this.#length = Math.min(999_999, this.#lines.join("\n").length);
  }

  /** Types elsewhere than before, so that the model has to be asked. */
  async newPlace(source: SuggestionSource): Promise<number> {
    this.#places++;
    this.#typed = 0;
    this.#lines[this.#line] = `    const total${this.#places} = 0; `;
    return this.#ask(source);
  }

  samePlace(): Promise<number> {
    // What is shown there is taken for typed through unless it was left meanwhile.
    this.#service.accepted(this.#lastId);
    return this.#ask("cache");
  }

  async nextKey(): Promise<number> {
    if (this.#typed === 0 || this.#typed >= answerText.length - 2) await this.newPlace("model");
    this.#lines[this.#line] = `${this.#lines[this.#line] ?? ""}${answerText[this.#typed++] ?? ""}`;
    return this.#ask("typed-through");
  }

  async #ask(source: SuggestionSource): Promise<number> {
    const begun = performance.now();
    const query: CompletionQuery = { document: this.#snapshot(), trigger: "automatic", situation };
    this.#snapshotMs = performance.now() - begun;
    const { outcome, suggestions } = await this.#service.provide(query, new AbortController().signal);
    const ms = performance.now() - begun;
    if (outcome.kind !== "shown" || outcome.source !== source)
      throw new Error(`Expected ${source}: ${JSON.stringify(outcome)}`);
    this.#lastId = suggestions[0]?.id ?? -1;
    return ms;
  }

  async series(
    keys: number,
    key: () => Promise<number>,
  ): Promise<{ keyUs: number; stageUs: Record<string, number>; allocatedKb: number }> {
    const times: number[] = [];
    const stages = new Map<string, number[]>();
    globalThis.gc?.();
    const heapBefore = process.memoryUsage().heapUsed;
    for (let count = 0; count < keys; count++) {
      times.push(await key());
      const [trace] = this.#service.traces;
      for (const { name, ms } of [{ name: "snapshot", ms: this.#snapshotMs }, ...(trace?.stages ?? [])])
        stages.set(name, [...(stages.get(name) ?? []), ms]);
    }
    // The young generation is larger than all of this, so that nothing was collected meanwhile.
    const allocated = process.memoryUsage().heapUsed - heapBefore;
    return {
      keyUs: 1_000 * median(times),
      stageUs: Object.fromEntries([...stages].map(([name, ms]) => [name, 1_000 * median(ms)])),
      allocatedKb: allocated / keys / 1e3,
    };
  }

  #snapshot(): DocumentSnapshot {
    const lines = this.#lines;
    const source = { lineCount: lines.length, line: (index: number) => lines[index] ?? "" };
    const character = lines[this.#line]?.length ?? 0;
    return {
      uri: "file:///w/long.ts",
      path: "long.ts",
      languageId: "typescript",
      version: 1,
      eol: "\n",
      prefix: windowBefore(source, this.#line, character, snapshotPrefixLimit).text,
      suffix: windowAfter(source, this.#line, character, snapshotSuffixLimit).text,
      position: { line: this.#line, character },
      lineCount: lines.length,
      length: this.#length,
      indentation: { insertSpaces: true, tabSize: 2 },
    };
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const options = {
  sizes: { type: "string", default: "1000,10000,100000" },
  keys: { type: "string", default: "100" },
  out: { type: "string" },
} as const;

await runCommand(usage, { options }, async ({ values }) => {
  const sizes = values.sizes.split(",").map((size) => wholeNumber("--sizes", size, 1));
  const keys = wholeNumber("--keys", values.keys, 1);
  if (!globalThis.gc) throw new UsageError("It needs node --expose-gc.");
  const figures: PipelineFigures[] = [];
  for (const lines of sizes) figures.push(await measured(lines, keys));
  const json = JSON.stringify(figures, null, 2);
  if (values.out === undefined) console.log(json);
  else await writeFile(values.out, json);
  return 0;
});
