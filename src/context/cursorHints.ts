import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { ContextQuery } from "./contextProvider.ts";
import type { MemberSource, Members } from "./members.ts";
import { constructionAt, importAt, type Receiver, receiverAt } from "./receiver.ts";

/** What is offered at the cursor. */
export interface Offered {
  readonly members: Members;
  /** What is typed of the member's name. */
  readonly typed: string;
  /** Name of the source that knew them. */
  readonly source: string;
  /** What is in scope behind `new`, and no receiver's members: far too much to choose from, but what is not in it is wrong. */
  readonly isConstruction?: boolean;
}

interface Place {
  readonly key: string;
  /** The other lines: what is written there may bring members. */
  readonly above: string;
  readonly below: string;
  /** Per source what it has answered so far. */
  readonly answers: (Members | undefined)[];
  /** Resolves when all sources have answered. */
  members?: Promise<unknown>;
}

/** The members of what stands left of the cursor's dot. Asked once while the user types one name. */
export class CursorHints {
  readonly #members: readonly MemberSource[];
  readonly #clock: Clock;
  readonly #log: Log;
  #place: Place | undefined;

  /** @param members best first; a later one answers where the earlier ones do not. */
  constructor(members: readonly MemberSource[], clock: Clock, log: Log) {
    this.#members = members;
    this.#clock = clock;
    this.#log = log;
  }

  /** The members that may follow, as far as they are known in time. */
  async offered(query: ContextQuery, deadlineMs: number, signal: AbortSignal): Promise<Offered | undefined> {
    const receiver = receiverOf(query);
    if (!receiver) return undefined;
    const known = await this.#known(query, receiver, deadlineMs, signal);
    const isConstruction = receiver.separator === "new";
    return known && { ...known, typed: receiver.typed, ...(isConstruction && { isConstruction }) };
  }

  async #known(
    query: ContextQuery,
    receiver: Receiver,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<Pick<Offered, "members" | "source"> | undefined> {
    const place = this.#placeOf(query, receiver.text + receiver.separator);
    place.members ??= this.#ask(place, query, receiver, signal);
    await this.#inTime(place.members, deadlineMs);
    for (const [index, { name: source }] of this.#members.entries()) {
      const members = place.answers[index];
      if (members) return { members, source };
    }
    return undefined;
  }

  async #ask(
    { answers }: Place,
    query: ContextQuery,
    receiver: Receiver,
    signal: AbortSignal,
  ): Promise<void> {
    const asked = this.#members.map(async (source, index) => {
      try {
        answers[index] = await source.members(query, receiver, signal);
      } catch (error) {
        this.#log.debug(`Members by ${source.name} failed: ${String(error)}`);
      }
    });
    await Promise.all(asked);
  }

  #placeOf({ uri, line, prefix, suffix }: ContextQuery, what: string): Place {
    const key = `${uri}\n${line}\n${what}`;
    const above = prefix.slice(0, prefix.length - currentLine(prefix).length);
    const below = suffix.slice(suffix.split("\n", 1)[0]?.length);
    const known = this.#place;
    if (known?.key === key && known.above === above && known.below === below) return known;
    this.#place = { key, above, below, answers: [] };
    return this.#place;
  }

  async #inTime<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
    const late = Promise.withResolvers<undefined>();
    const timer = this.#clock.after(ms, () => late.resolve(undefined));
    const first = await Promise.race([work, late.promise]);
    timer.dispose();
    return first;
  }
}

function receiverOf({ prefix, suffix, languageId }: ContextQuery): Receiver | undefined {
  const left = currentLine(prefix);
  return receiverAt(left) ?? importAt(left, suffix, languageId) ?? constructionAt(left, languageId);
}

const currentLine = (prefix: string): string => prefix.slice(prefix.lastIndexOf("\n") + 1);
