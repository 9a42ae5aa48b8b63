import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CompletionTrace } from "../../src/completion/outcome.ts";
import type { EngineWork } from "../../src/engine/protocol.ts";
import { readGhostText } from "../../test/e2e/support/insidePage.ts";
import type { Session, WispState } from "../../test/e2e/support/session.ts";
import { until } from "../../test/e2e/support/until.ts";
import { type Recording, readRecording, startRecording } from "./insidePage.ts";
import {
  type Delays,
  documentOf,
  type Scenario,
  seeded,
  usualDelays,
  usualLeastPauseMs,
} from "./scenario.ts";

/** One step as it was played; times are milliseconds since the epoch. */
export type PlayedStep = {
  readonly from: number;
  readonly to: number;
} & (
  | { readonly kind: "type"; readonly text: string; readonly delays: Delays }
  /** `asks`: how often the host was asked meanwhile whether the engine rests, which costs it time too. */
  | { readonly kind: "pause"; readonly label: string; readonly asks: number }
  | { readonly kind: "typeGhost"; readonly text: string; readonly shown: string; readonly delays: Delays }
  | { readonly kind: "key"; readonly key: string; readonly times: number; readonly ghost: string }
  | { readonly kind: "sleep" }
);

/** Everything that was seen of a scenario, from the key to the engine. */
export interface Played extends Recording {
  readonly id: string;
  /** The document at the end. */
  readonly text: string;
  readonly steps: readonly PlayedStep[];
  readonly traces: readonly CompletionTrace[];
  readonly work: readonly EngineWork[];
  /** Tokens, as the pipeline accounts for them. */
  readonly decodedUsed: number;
  readonly decodedKept: number;
  readonly hostCpuSeconds: number;
  readonly hostResidentBytes: number;
}

/** Nothing runs any more when nothing has begun or ended for so long. */
const quietMs = 400;
const firstAskMs = 700;
const settleMs = 12_000;
/** Wisp's list of traces is bounded, and each reading of it costs the extension host too. */
const mostUnseenKeys = 80;
/** Seldom: the extension host pays for each question. */
const askEveryMs = 500;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
const now = (): number => performance.timeOrigin + performance.now();

/** Plays scenarios in one window of VS Code, one after the other. */
export class Player {
  readonly #session: Session;
  readonly #withWisp: boolean;
  #known = { trace: 0, work: 0 };
  #unseenKeys = 0;
  readonly #traces = new Map<number, CompletionTrace>();
  readonly #work = new Map<number, EngineWork>();

  constructor(session: Session, withWisp: boolean) {
    this.#session = session;
    this.#withWisp = withWisp;
  }

  /** @param as steps of a run with Wisp, whose text and pauses this run repeats. */
  async play(scenario: Scenario, as?: readonly PlayedStep[]): Promise<Played> {
    await this.#open(scenario);
    const { editor } = this.#session;
    const before = await this.#look();
    const [traceBefore, workBefore] = [maxKey(this.#traces), maxKey(this.#work)];
    await editor.page.evaluate(`(${startRecording})(${readGhostText})`);
    const random = seeded(scenario.seed ?? 42);
    const steps: PlayedStep[] = [];
    for (const [index, step] of scenario.steps.entries()) {
      if (this.#unseenKeys + keysOf(step) > mostUnseenKeys) await this.#look();
      steps.push(await this.#step(step, random, scenario.delays ?? usualDelays, as?.[index]));
      this.#unseenKeys += keysOf(step);
    }
    // Before the engine is asked again and again whether it rests, which costs the host time too.
    const { host } = await this.#look();
    await this.#settled();
    const after = await this.#look();
    const recording = await editor.page.evaluate(readRecording);
    await editor.page.keyboard.press("Escape");
    await editor.save();
    return {
      id: scenario.id,
      ...recording,
      text: await this.#session.read(scenario.file),
      steps,
      traces: [...this.#traces.values()].filter(({ id }) => id > traceBefore).sort((a, b) => a.id - b.id),
      work: [...this.#work.values()].filter(({ number }) => number > workBefore),
      decodedUsed: this.#withWisp ? after.work.used - before.work.used : 0,
      decodedKept: this.#withWisp ? after.work.kept - before.work.kept : 0,
      hostCpuSeconds: host.cpuSeconds - before.host.cpuSeconds,
      hostResidentBytes: host.residentBytes,
    };
  }

  async #open(scenario: Scenario): Promise<void> {
    const { text, line, column } = documentOf(scenario);
    const files = { ...scenario.files, [scenario.file]: text.split("\n") };
    for (const [file, lines] of Object.entries(files)) {
      const path = join(this.#session.profile.workspace, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, lines.join("\n"));
    }
    for (const file of scenario.open ?? []) await this.#session.editor.open(file, 1, 1);
    await this.#session.editor.open(scenario.file, line, column);
    // What is read ahead when a file is opened is over before a person types.
    await sleep(1_000);
    await this.#settled();
  }

  async #step(step: Scenario["steps"][number], random: () => number, usual: Delays, as?: PlayedStep) {
    const from = now();
    const { editor } = this.#session;
    const ended = <T extends object>(more: T) => ({ from, to: now(), ...more });
    if ("type" in step) {
      const delays = step.delays ?? usual;
      await this.#type(step.type, delays, random);
      return ended({ kind: "type", text: step.type, delays } as const);
    }
    if ("pause" in step) {
      const label = step.label ?? "";
      // The host is at work while nobody types too: it looks for ports and runs git.
      const asks =
        as?.kind === "pause"
          ? await this.#pauseAs(as)
          : await this.#pause(step.pause, step.min ?? usualLeastPauseMs);
      return ended({ kind: "pause", label, asks } as const);
    }
    if ("typeGhost" in step) {
      const shown = as?.kind === "typeGhost" ? as.shown : await editor.ghostText();
      const text = shown.slice(0, step.typeGhost).split("\n", 1)[0] ?? "";
      const delays = step.delays ?? usual;
      await this.#type(text, delays, random);
      await sleep(120);
      return ended({ kind: "typeGhost", text, shown, delays } as const);
    }
    if ("key" in step) {
      if (as?.kind === "key" && as.key === "Tab" && as.ghost !== "") return this.#takeAs(as, random);
      const ghost = this.#withWisp ? await editor.ghostText() : "";
      const times = step.times ?? 1;
      // Where nothing is shown the tabulator would be typed.
      const isIdle = step.key === "Tab" && ghost === "";
      for (let time = 0; time < times && !isIdle; time++) {
        await sleep(between(usual, random));
        await editor.press(step.key);
      }
      if (step.key === "Tab") await sleep(250);
      return ended({ kind: "key", key: step.key, times, ghost } as const);
    }
    await sleep(step.sleep);
    return ended({ kind: "sleep" } as const);
  }

  /**
   * Puts in what was taken with Wisp, as one edit too: what the languages' own extensions do about a text, and a
   * person would have typed it otherwise, is no cost of suggesting it.
   */
  async #takeAs(taken: Extract<PlayedStep, { kind: "key" }>, random: () => number): Promise<PlayedStep> {
    const from = now();
    await sleep(between(usualDelays, random));
    await this.#session.runCommand("paste", { text: taken.ghost });
    await sleep(250);
    return { ...taken, from, to: now() };
  }

  async #type(text: string, delays: Delays, random: () => number): Promise<void> {
    const { keyboard } = this.#session.editor.page;
    let next = performance.now();
    for (const character of text) {
      next = Math.max(next + between(delays, random), performance.now());
      await sleep(next - performance.now());
      await (character === "\n" ? keyboard.press("Enter") : keyboard.type(character));
    }
  }

  /** As long as a pause in the run with Wisp, and with as many questions to the host at its end. */
  async #pauseAs({ from, to, asks }: Extract<PlayedStep, { kind: "pause" }>): Promise<number> {
    await sleep(to - from - asks * askEveryMs);
    for (let left = asks; left > 0; left--) {
      await sleep(askEveryMs);
      await this.#session.engineWork(this.#known.work);
    }
    return asks;
  }

  async #pause(longestMs: number, leastMs: number): Promise<number> {
    const begun = performance.now();
    for (;;) {
      await sleep(40);
      const ms = performance.now() - begun;
      if (ms > longestMs || (ms > leastMs && (await this.#session.editor.ghostText()) !== "")) break;
    }
    return this.#settled();
  }

  /**
   * Waits until the engine has been at rest for a while, and asks seldom: the extension host pays for it.
   * @returns how often it asked
   */
  async #settled(): Promise<number> {
    if (!this.#withWisp) return 0;
    let asks = 0;
    await sleep(firstAskMs);
    const isAtRest = async () => {
      asks++;
      const work = await this.#session.engineWork(this.#known.work);
      this.#keepWork(work);
      return work.every(({ endedAt }) => endedAt !== undefined && now() - endedAt > quietMs);
    };
    await until("the engine rests", settleMs, isAtRest, Boolean, askEveryMs);
    return asks;
  }

  async #look(): Promise<WispState> {
    const state = await this.#session.wisp(this.#known);
    this.#unseenKeys = 0;
    for (const trace of state.traces ?? []) this.#traces.set(trace.id, trace);
    // Usage of a trace still grows while its generation runs.
    this.#known.trace = Math.max(0, maxKey(this.#traces) - 3);
    this.#keepWork(state.engineWork ?? []);
    return state;
  }

  #keepWork(entries: readonly EngineWork[]): void {
    for (const entry of entries) this.#work.set(entry.number, entry);
    const running = [...this.#work.values()].filter(({ endedAt }) => endedAt === undefined);
    this.#known.work = Math.min(maxKey(this.#work), ...running.map(({ number }) => number - 1));
  }
}

function between([low, high]: Delays, random: () => number): number {
  return low + (high - low) * random();
}

function keysOf(step: Scenario["steps"][number]): number {
  if ("type" in step) return step.type.length;
  if ("typeGhost" in step) return step.typeGhost;
  return "key" in step ? (step.times ?? 1) : 0;
}

function maxKey(map: ReadonlyMap<number, unknown>): number {
  return Math.max(0, ...map.keys());
}
