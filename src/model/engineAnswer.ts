import { badResponse } from "./engineErrors.ts";

/** UTF-16 units. An answer that nobody reads may pile up this far before its request is given up. */
const maxUnread = 8 * 1024 * 1024;

type Next = IteratorResult<string, undefined>;

/**
 * The body of an answer, piece by piece as it comes, for one reader, who asks for one piece at a time. Who leaves before the
 * end withdraws the request.
 */
export class EngineAnswer implements AsyncIterableIterator<string, undefined> {
  readonly status: number;
  readonly #giveUp: (error: unknown) => void;
  #unread: string[] = [];
  #unreadLength = 0;
  #end: { readonly error?: unknown } | undefined;
  #waiting: { resolve(next: Next): void; reject(error: unknown): void } | undefined;

  /** @param giveUp ends the request and comes back with {@link fail}. */
  constructor(status: number, giveUp: (error: unknown) => void) {
    this.status = status;
    this.#giveUp = giveUp;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** All that is left of the body. Throws what {@link fail} was given. */
  async text(): Promise<string> {
    let all = "";
    for await (const piece of this) all += piece;
    return all;
  }

  /** Throws what {@link fail} was given. */
  next(): Promise<Next> {
    const value = this.#unread.shift();
    if (value !== undefined) {
      this.#unreadLength -= value.length;
      return Promise.resolve({ done: false, value });
    }
    if (!this.#end) return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
    return "error" in this.#end ? Promise.reject(this.#end.error) : Promise.resolve(over);
  }

  return(): Promise<Next> {
    const isOpen = this.#end === undefined;
    this.#drop();
    this.end();
    if (isOpen) this.#giveUp(undefined);
    return Promise.resolve(over);
  }

  add(text: string): void {
    if (this.#end) return;
    if (this.#waiting) {
      this.#waiting.resolve({ done: false, value: text });
      this.#waiting = undefined;
      return;
    }
    this.#unread.push(text);
    this.#unreadLength += text.length;
    if (this.#unreadLength > maxUnread)
      this.#giveUp(badResponse("The engine's answer is larger than anything that was asked for."));
  }

  end(): void {
    this.#end ??= {};
    this.#waiting?.resolve(over);
  }

  /** What came and was not read is lost, as in a broken stream. */
  fail(error: unknown): void {
    if (this.#end) return;
    this.#drop();
    this.#end = { error };
    this.#waiting?.reject(error);
  }

  #drop(): void {
    this.#unread = [];
    this.#unreadLength = 0;
  }
}

const over: Next = { done: true, value: undefined };
