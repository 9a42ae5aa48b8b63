import { WispError } from "../base/wispError.ts";
import type { FoundChunk } from "./codeIndex.ts";
import type { IndexSeat, StartIndex, ToIndex } from "./indexSeat.ts";

/** The index behind `@workspace` has ended before it could answer. */
export class SearchError extends WispError<"index-stopped"> {}

interface Waiting {
  readonly resolve: (found: readonly FoundChunk[]) => void;
  readonly reject: (error: SearchError) => void;
}

/** One life of an index: from its start until it stops by itself or is ended. Whoever wants another starts another. */
export class LiveIndex {
  readonly #seat: IndexSeat;
  readonly #waiting = new Map<number, Waiting>();
  #stopped: SearchError | undefined;
  #questions = 0;

  /** @param onStopped told when it stops by itself, once. */
  constructor(start: StartIndex, onStopped: (error: SearchError) => void) {
    this.#seat = start({
      onAnswer: ({ id, found }) => {
        this.#waiting.get(id)?.resolve(found);
        this.#waiting.delete(id);
      },
      onFailure: (cause) => {
        if (this.#stopped) return;
        onStopped(this.#stop(cause.message, cause));
      },
    });
  }

  get isLive(): boolean {
    return this.#stopped === undefined;
  }

  put(path: string, text: string): void {
    this.#send({ type: "put", path, text });
  }

  remove(path: string): void {
    this.#send({ type: "remove", path });
  }

  /** @throws {SearchError} when the index stops before it has answered, or had stopped before. */
  async find(question: string, count: number): Promise<readonly FoundChunk[]> {
    if (this.#stopped) throw this.#stopped;
    const id = ++this.#questions;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ type: "find", id, question, count });
    });
  }

  /** Questions that wait for an answer get none. */
  end(): void {
    if (!this.#stopped) this.#stop("it was closed");
  }

  #stop(reason: string, cause?: unknown): SearchError {
    const stopped = new SearchError(
      "index-stopped",
      `The search of the workspace stopped (${reason}).`,
      "Ask again: its index is built anew. If it stops again, leave out large folders with the setting wisp.excludeGlobs.",
      cause,
    );
    this.#stopped = stopped;
    this.#seat.end();
    for (const { reject } of this.#waiting.values()) reject(stopped);
    this.#waiting.clear();
    return stopped;
  }

  #send(message: ToIndex): void {
    if (this.isLive) this.#seat.send(message);
  }
}
