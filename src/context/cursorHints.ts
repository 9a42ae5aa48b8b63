import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { ContextQuery } from "./contextProvider.ts";
import { asComment, membersText, signaturesText } from "./hintText.ts";
import type { MemberSource, Members, SignatureSource } from "./members.ts";
import { type ChainPart, calleeAt, importAt, type Receiver, receiverAt } from "./receiver.ts";

/** What is offered at the cursor. */
export interface Offered {
  readonly members: Members;
  /** What is typed of the member's name. */
  readonly typed: string;
}

interface Place {
  readonly key: string;
  /** Per source what it has answered so far. */
  readonly answers: (Members | undefined)[];
  /** Resolves when all sources have answered. */
  members?: Promise<unknown>;
  signatures?: Promise<readonly string[]>;
  /** What the prompt says; stays once it is there. */
  text?: string;
}

/**
 * What exists at the cursor: the members of what stands left of the dot, or the signature of what is being called.
 * It is written as one comment line just above the cursor's line, where it costs only its own tokens: in front of the
 * prompt it would make the model read everything again. Stable while the user types one name.
 */
export class CursorHints {
  readonly #members: readonly MemberSource[];
  readonly #signatures: readonly SignatureSource[];
  readonly #clock: Clock;
  readonly #log: Log;
  #place: Place | undefined;

  /** @param members best first; a later one fills in what an earlier one does not know. */
  constructor(
    sources: { readonly members: readonly MemberSource[]; readonly signatures: readonly SignatureSource[] },
    clock: Clock,
    log: Log,
  ) {
    this.#members = sources.members;
    this.#signatures = sources.signatures;
    this.#clock = clock;
    this.#log = log;
  }

  /** The comment line with its line end, or undefined. What comes later than `deadlineMs` is used at the next key. */
  async comment(query: ContextQuery, deadlineMs: number, signal: AbortSignal): Promise<string | undefined> {
    const left = currentLine(query.prefix);
    const receiver = receiverOf(query);
    const text = receiver
      ? await this.#membersText(query, receiver, deadlineMs, signal)
      : await this.#signatureText(query, deadlineMs, signal);
    return text === undefined ? undefined : asComment(text, left, query.languageId);
  }

  /** The members that may follow, as far as they are known in time. */
  async offered(query: ContextQuery, deadlineMs: number, signal: AbortSignal): Promise<Offered | undefined> {
    const receiver = receiverOf(query);
    if (!receiver) return undefined;
    const members = await this.#known(query, receiver, deadlineMs, signal);
    return members && { members, typed: receiver.typed };
  }

  async #membersText(
    query: ContextQuery,
    receiver: Receiver,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const members = await this.#known(query, receiver, deadlineMs, signal);
    const place = this.#place;
    if (!members || !place || members.members.length === 0) return undefined;
    const near = `${query.prefix.slice(-400)}\n${query.suffix.slice(0, 120)}`;
    place.text ??= membersText(members.owner ?? receiver.text, members, receiver.typed, near);
    return place.text;
  }

  async #known(
    query: ContextQuery,
    receiver: Receiver,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<Members | undefined> {
    const place = this.#placeOf(query, receiver.text + receiver.separator);
    place.members ??= this.#ask(place, query, receiver, signal);
    await this.#inTime(place.members, deadlineMs);
    return merged(place.answers.filter((each) => each !== undefined));
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

  async #signatureText(
    query: ContextQuery,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const callee = calleeAt(query.prefix.slice(-600));
    if (!callee) return undefined;
    const place = this.#placeOf(query, `${callee.text}(`);
    if (place.text !== undefined) return place.text;
    place.signatures ??= this.#askSignatures(query, callee.chain, signal);
    const signatures = await this.#inTime(place.signatures, deadlineMs);
    if (!signatures || signatures.length === 0) return undefined;
    place.text = signaturesText(signatures);
    return place.text;
  }

  async #askSignatures(
    query: ContextQuery,
    chain: readonly ChainPart[],
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    for (const source of this.#signatures) {
      try {
        const signatures = await source.signatures(query, chain, signal);
        if (signatures.length > 0) return signatures;
      } catch (error) {
        this.#log.debug(`Signatures by ${source.name} failed: ${String(error)}`);
      }
    }
    return [];
  }

  #placeOf({ uri, line }: ContextQuery, what: string): Place {
    const key = `${uri}\n${line}\n${what}`;
    if (this.#place?.key !== key) this.#place = { key, answers: [] };
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

/** The names of the best source, with signatures of any. */
function merged(answers: readonly Members[]): Members | undefined {
  const [best, ...others] = answers;
  if (!best || others.length === 0) return best;
  const signatures = new Map(
    others.flatMap(({ members }) => members.map(({ name, signature }) => [name, signature])),
  );
  return {
    owner: best.owner ?? others.find(({ owner }) => owner !== undefined)?.owner,
    members: best.members.map(({ name, signature }) => ({
      name,
      signature: signature === name ? (signatures.get(name) ?? name) : signature,
    })),
    isComplete: best.isComplete,
  };
}

function receiverOf({ prefix, suffix, languageId }: ContextQuery): Receiver | undefined {
  const left = currentLine(prefix);
  return receiverAt(left) ?? importAt(left, suffix, languageId);
}

const currentLine = (prefix: string): string => prefix.slice(prefix.lastIndexOf("\n") + 1);
