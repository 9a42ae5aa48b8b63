import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";
import type { Log } from "../base/log.ts";
import { withdrawn } from "../base/withdrawn.ts";
import type { FimRequest, ModelClient, TokenProbability } from "../model/modelClient.ts";
import { answerSituation, goingOnBelow } from "./answerSituation.ts";
import type { CompletionCache } from "./completionCache.ts";
import type { CompletionParts } from "./completionParts.ts";
import type { CompletionSettings } from "./completionSettings.ts";
import { placeOf } from "./continuation.ts";
import type { CursorParser } from "./cursorParser.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";
import type { Flight } from "./flight.ts";
import type { Generation, Generations } from "./generations.ts";
import { leavesBlock } from "./multilinePolicy.ts";
import type { Request } from "./presenter.ts";
import { isSamePrompt } from "./samePrompt.ts";

/** A suggestion that was read this long may well be taken. */
const readingMs = 200;
const linesAhead = 3;
/** What follows a suggestion that is taken with this probability would be written then anyway. */
const likelyTaken = 0.6;
/** Behind what is rather refused nothing is written on suspicion. */
const perhapsTaken = 0.5;

/** After so many texts in a row that were written on suspicion and could not be shown, only every so-many-th is tried. */
const mostLost = 3;
const triedOf = 8;

/** The engine may lose what it has read when it rests or serves something else for so long. */
const keptMs = 60_000;

interface Reading {
  readonly prompt: FimRequest;
  readonly at: number;
  readonly signal: AbortSignal;
  /** The tokens with which an answer may begin; none where reading ended early. */
  readonly foreseen: Promise<readonly TokenProbability[]>;
  isDone: boolean;
}

/** Builds the request for a document, under the settings that hold for it. */
export type BuildPrompt = (document: DocumentSnapshot, signal: AbortSignal) => Promise<FimRequest>;

/**
 * Works while nothing else does: evaluates the prompt of an open document, and, while a suggestion is on the screen,
 * the prompt as it will be once that is taken; on a fast machine the next suggestion too.
 */
export class Ahead {
  readonly #model: ModelClient;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #saving: CompletionParts["saving"];
  readonly #cache: CompletionCache;
  readonly #generations: Generations;
  readonly #parser: CursorParser;
  #running: AbortController | undefined;
  #timer: Disposable | undefined;
  /** Texts written on suspicion that could not be shown, since one could. */
  #lost = 0;
  /** Whether what runs reads the prompt of a key. */
  #isOfKey = false;
  /** The prompt that was read last, or is just being read. */
  #last: Reading | undefined;

  constructor(
    { model, clock, log, saving }: Pick<CompletionParts, "model" | "clock" | "log" | "saving">,
    cache: CompletionCache,
    generations: Generations,
    parser: CursorParser,
  ) {
    this.#model = model;
    this.#clock = clock;
    this.#log = log;
    this.#saving = saving;
    this.#cache = cache;
    this.#generations = generations;
    this.#parser = parser;
  }

  /** On battery nothing is done on suspicion. The prompt at a key is none: its tokens are read once, now or later. */
  get #isSaving(): boolean {
    return (this.#saving?.() ?? "nothing") !== "nothing";
  }

  /** Ends what runs ahead. */
  stop(): void {
    this.#timer?.dispose();
    this.#running?.abort(withdrawn);
  }

  /** Ends what runs ahead for another key than the last one: that one's prompt may be the next one's too. */
  stopPreparing(): void {
    if (!this.#isOfKey) this.stop();
    this.#timer?.dispose();
  }

  /** What was read says nothing of another model. */
  forget(): void {
    this.stop();
    this.#last = undefined;
    this.#lost = 0;
  }

  /**
   * Evaluates the prompt of a key, unless it is the last one still: within a word the prompt often stays the same.
   * @returns the tokens with which an answer may begin, likeliest first, as far as they are known.
   */
  readOnce(prompt: FimRequest): Promise<readonly TokenProbability[]> {
    const last = this.#last;
    const isRead = last && (last.isDone || !last.signal.aborted) && this.#clock.now() - last.at < keptMs;
    if (isRead && isSamePrompt(last.prompt, prompt)) return last.foreseen;
    const reading = this.read(() => prompt);
    this.#isOfKey = true;
    return reading;
  }

  /** What is known already of the tokens with which an answer to `prompt` may begin. */
  async #foreseen(prompt: FimRequest): Promise<readonly TokenProbability[]> {
    const last = this.#last;
    return last?.isDone && isSamePrompt(last.prompt, prompt) ? last.foreseen : [];
  }

  /** Evaluates a prompt that will be asked soon; ends what ran ahead before. */
  async read(
    prompt: (signal: AbortSignal) => FimRequest | Promise<FimRequest | undefined>,
  ): Promise<readonly TokenProbability[]> {
    this.stop();
    this.#running = new AbortController();
    this.#isOfKey = false;
    const { signal } = this.#running;
    this.#last = undefined;
    try {
      const request = await prompt(signal);
      if (!request || signal.aborted) return [];
      const read = this.#model.prefill(request, signal);
      // Whoever waits for it is told of no failure: the completion that follows reports it.
      const foreseen = read.then(
        (tokens) => tokens ?? [],
        () => [],
      );
      const reading = { prompt: request, at: this.#clock.now(), signal, foreseen, isDone: false };
      this.#last = reading;
      reading.isDone = (await read) !== undefined && !signal.aborted;
      return await foreseen;
    } catch (error) {
      if (this.#last?.signal === signal) this.#last = undefined;
      if (!signal.aborted) this.#log.debug(`Reading ahead failed: ${String(error)}`);
      return [];
    }
  }

  /** Prepares for `text` (which is shown for `request`) being taken, once the user has had time to read it. */
  prepare(request: Request, text: string, replaceRight: number, build: BuildPrompt): void {
    this.stop();
    const after = withText(request.effective.document, text, replaceRight);
    const place = placeOf(after);
    if (this.#isSaving || this.#cache.find(place)) return;
    const { confidence } = request.trace;
    const isLikely = confidence !== undefined && confidence >= likelyTaken;
    const isDoubtful = confidence !== undefined && confidence < perhapsTaken;
    const begin = (): void => {
      // The text may be read while more of it is written.
      if (this.#generations.flights.current) {
        this.#timer = this.#clock.after(readingMs, begin);
        return;
      }
      if (this.#cache.find(place)) return;
      let prompt: FimRequest | undefined;
      const reading = this.read(async (signal) => {
        prompt = await build(after, signal);
        return prompt;
      });
      const signal = this.#running?.signal;
      const written = reading.then(() => {
        const { mayRisk, mayRiskLittle } = this.#generations;
        const mayWrite = isLikely ? mayRiskLittle : mayRisk && !isDoubtful;
        if (!prompt || !signal || signal.aborted || !mayWrite) return undefined;
        // Who takes a block looks what comes behind it, so that may be less sure, and something mostly is.
        const isLookedAt = isLikely && mayRisk && text.includes("\n");
        const restedQuietness = isLookedAt ? request.restedQuietness : undefined;
        if (restedQuietness === undefined && !this.#mayTry()) return undefined;
        return this.goOn(request.settings, after, prompt, signal, { isBet: true, restedQuietness });
      });
      void written.then(async (flight) => {
        if ((await flight?.answered)?.kind !== "answer") return;
        await flight?.drained;
        const { text, rested } = this.#cache.get(place) ?? {};
        this.#lost = text || rested?.text ? 0 : this.#lost + 1;
      });
    };
    this.#timer = this.#clock.after(readingMs, begin);
  }

  /** What follows one suggestion tells whether the code goes on as the model expects, mostly of the next one too. */
  #mayTry(): boolean {
    return this.#lost < mostLost || ++this.#lost % triedOf === 0;
  }

  /**
   * Starts what comes behind a statement that is whole, on lines of their own below it. Undefined where a line is all
   * that may be shown, where something stands right of the cursor, behind what leaves its block, where another generation is
   * under way, and where the model is known to write nothing that could be shown.
   * @param ways `isBet`: nobody has asked for it yet; `restedQuietness`: the bar for who asks and rests then
   */
  async goOn(
    settings: CompletionSettings,
    document: DocumentSnapshot,
    prompt: FimRequest,
    signal: AbortSignal,
    ways: Pick<Generation, "isBet" | "restedQuietness">,
  ): Promise<Flight | undefined> {
    const { flights } = this.#generations;
    const { languageId, prefix, suffix } = document;
    if (settings.maxLines <= 1 || suffix.split("\n", 1)[0]?.trim()) return undefined;
    if (leavesBlock(prefix.slice(prefix.lastIndexOf("\n") + 1), languageId)) return undefined;
    const syntax = await this.#parser.at(document, signal);
    const lines = Math.min(linesAhead, settings.maxLines);
    const situation = goingOnBelow(answerSituation(document, settings, "automatic", syntax), lines);
    const foreseen = await this.#foreseen(prompt);
    const bar = ways.restedQuietness ?? settings.quietness;
    const { kind } = this.#generations.outlook(foreseen, "", situation, bar);
    if (signal.aborted || flights.current || kind === "hopeless") {
      syntax?.dispose();
      return undefined;
    }
    return this.#generations.start({
      place: placeOf(document),
      situation,
      prompt,
      quietness: settings.quietness,
      ...ways,
      mayGoOn: false,
    });
  }
}

/** The document as it will be when `text` has been taken. */
function withText(document: DocumentSnapshot, text: string, replaceRight: number): DocumentSnapshot {
  const { position, prefix, suffix, lineCount } = document;
  const lines = text.split("\n");
  const last = lines.at(-1) ?? "";
  return {
    ...document,
    prefix: prefix + text,
    suffix: suffix.slice(replaceRight),
    position: {
      line: position.line + lines.length - 1,
      character: lines.length > 1 ? last.length : position.character + text.length,
    },
    lineCount: lineCount + lines.length - 1,
  };
}
