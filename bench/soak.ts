import { runCommand } from "../scripts/support/command.ts";
import { step, UsageError } from "../scripts/support/step.ts";
import { silentLog } from "../src/base/log.ts";
import { CompletionService } from "../src/completion/completionService.ts";
import type { DocumentSnapshot } from "../src/completion/documentSnapshot.ts";
import { completionSettingsOf } from "../src/editor/settingValues.ts";
import { grammarsInPackages } from "../src/syntax/grammarFiles.ts";
import { TreeSitterSyntax } from "../src/syntax/treeSitterSyntax.ts";
import { FakeClock } from "../test/fakes/fakeClock.ts";
import { answerText, instantModel, sourceLine } from "./instantModel.ts";
import { seeded } from "./replay/scenario.ts";

const usage = `npm run bench:soak -- [--hours 8]
  Hours of typing at the pipeline, played as fast as it goes: what stays in memory and what is left open.`;

const keysPerSecond = 3;
const samples = 32;
const files = 30;
const lines = 400;
const newLinesPerFile = 60;

interface Sample {
  readonly hours: number;
  readonly heapMb: number;
  readonly externalMb: number;
  readonly residentMb: number;
  /** Timers, handles and requests of Node that are open. */
  readonly resources: number;
  /** Timers of the pipeline that have not run. */
  readonly timers: number;
}

/** Types in turn in many files; every second suggestion is taken, some are dismissed, and some keys are taken back. */
class Typist {
  readonly clock = new FakeClock();
  readonly #service: CompletionService;
  readonly #random = seeded(11);
  readonly #base = Array.from({ length: lines }, (_, index) => sourceLine(index)).join("\n");
  #file = 0;
  #written = 0;
  #typed = "";
  #key = new AbortController();
  #count = 0;

  constructor(syntax: TreeSitterSyntax) {
    const settings = completionSettingsOf(
      () => undefined,
      () => {},
      false,
    );
    this.#service = new CompletionService({
      model: instantModel,
      syntax,
      clock: this.clock,
      log: silentLog,
      settings: () => settings,
      snoozedUntil: () => 0,
      isIgnored: () => false,
      contextProviders: [],
      onModelError: (error) => {
        throw error;
      },
    });
  }

  get work() {
    return this.#service.work;
  }

  /** One line of code; resolves with the number of keys that it took. */
  async line(): Promise<number> {
    const before = this.#count;
    await this.#keys(`\n    const item${this.#count % 997} = entries[${this.#count % 7}]; `);
    const id = await this.#pause();
    if (id !== undefined && this.#random() < 0.5) await this.#take(id);
    else if (id !== undefined && this.#random() < 0.2) this.#service.rejected(id);
    else await this.#keys(answerText.slice(0, 9));
    if (this.#random() < 0.2) await this.#delete(3);
    if (++this.#written % newLinesPerFile === 0) {
      this.#file = (this.#file + 1) % files;
      this.#typed = "";
    }
    return this.#count - before;
  }

  dispose(): void {
    this.#key.abort();
    this.#service.dispose();
  }

  async #keys(text: string): Promise<void> {
    for (const character of text) {
      this.#typed += character;
      await this.#asked("typing");
    }
  }

  async #delete(characters: number): Promise<void> {
    for (let count = 0; count < characters; count++) {
      this.#typed = this.#typed.slice(0, -1);
      await this.#asked("delete");
    }
  }

  async #take(id: number): Promise<void> {
    this.#typed += answerText;
    this.#service.accepted(id);
    await this.#asked("accept");
  }

  async #asked(kind: "typing" | "delete" | "accept"): Promise<void> {
    this.#count++;
    this.#key.abort();
    this.#key = new AbortController();
    const { signal } = this.#key;
    void this.#service.provide(this.#query(kind), signal);
    await turn();
    this.clock.advance(80 + 120 * this.#random());
  }

  /** The user looks up; resolves with the number of what is shown then. */
  async #pause(): Promise<number | undefined> {
    const asking = this.#service.provide(this.#query("typing"), new AbortController().signal);
    let isOver = false;
    void asking.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await turn();
      this.clock.advance(50);
    }
    return (await asking).suggestions[0]?.id;
  }

  #query(kind: "typing" | "delete" | "accept") {
    const situation = { cursorCount: 1, hasSelection: false, lastChange: { kind, stale: false } };
    return { document: this.#snapshot(), trigger: "automatic", situation } as const;
  }

  #snapshot(): DocumentSnapshot {
    const at = this.#base.indexOf("\n", this.#base.length / 2);
    const prefix = this.#base.slice(0, at) + this.#typed;
    const above = prefix.split("\n");
    return {
      uri: `file:///w/file${this.#file}.ts`,
      path: `file${this.#file}.ts`,
      languageId: "typescript",
      version: this.#count,
      eol: "\n",
      prefix,
      suffix: this.#base.slice(at),
      position: { line: above.length - 1, character: above.at(-1)?.length ?? 0 },
      lineCount: lines + newLinesPerFile,
      length: prefix.length + this.#base.length - at,
      indentation: { insertSpaces: true, tabSize: 2 },
    };
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function sample(hours: number, typist: Typist): Promise<Sample> {
  // Finalizers run after the first collection and free what the second one takes.
  for (let count = 0; count < 3; count++) {
    globalThis.gc?.();
    await turn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    hours,
    heapMb: heapUsed / 1e6,
    externalMb: external / 1e6,
    residentMb: rss / 1e6,
    resources: process.getActiveResourcesInfo().length,
    timers: typist.clock.pending,
  };
}

/** What is kept rises and falls with what is thrown away at once, so the peaks of both halves are compared. */
function peaks(all: readonly Sample[], of: (each: Sample) => number): string {
  const half = Math.ceil(all.length / 2);
  const most = (some: readonly Sample[]): string => Math.max(...some.map(of)).toFixed(1);
  return `at most ${most(all.slice(0, half))} MB in the first half, ${most(all.slice(half))} MB in the second`;
}

const options = {
  hours: { type: "string", default: "8" },
} as const;

await runCommand(usage, { options }, async ({ values }) => {
  const hours = Number(values.hours);
  if (!(hours > 0)) throw new UsageError(`--hours takes a number above 0, not "${values.hours}".`);
  if (!globalThis.gc) throw new UsageError("It needs node --expose-gc: npm run bench:soak.");
  const keys = hours * 3_600 * keysPerSecond;
  const syntax = new TreeSitterSyntax(grammarsInPackages(import.meta.url), silentLog);
  const typist = new Typist(syntax);
  const all: Sample[] = [];
  console.log("hours   heap MB  external MB  resident MB  open resources  timers");
  for (let typed = 0; typed < keys; ) {
    typed += await typist.line();
    if (typed < ((all.length + 1) * keys) / samples) continue;
    const next = await sample((typed / keys) * hours, typist);
    all.push(next);
    console.log(
      [
        next.hours.toFixed(1).padStart(5),
        next.heapMb.toFixed(2).padStart(9),
        next.externalMb.toFixed(2).padStart(12),
        next.residentMb.toFixed(0).padStart(12),
        String(next.resources).padStart(15),
        String(next.timers).padStart(7),
      ].join(" "),
    );
  }
  const { decoded, used } = typist.work;
  step(`${Math.round(keys)} keys, ${decoded} tokens written, ${used} of them used`);
  console.log(`heap: ${peaks(all, ({ heapMb }) => heapMb)}`);
  console.log(`resident: ${peaks(all, ({ residentMb }) => residentMb)}`);
  typist.dispose();
  syntax.dispose();
  return 0;
});
