import { ModelError } from "../../model/modelErrors.ts";
import type { ServerKeys } from "../secrets.ts";

/** A server's key while it is tried: what is entered is kept only once the server has taken it. */
export class TriedKey {
  readonly #keys: Pick<ServerKeys, "get" | "set">;
  readonly #serverUrl: string;
  readonly #ask: (text: string) => Promise<string | undefined>;
  #entered: string | undefined;

  /** @param ask shows `text` to the user; undefined or empty when no key is given. */
  constructor(
    keys: Pick<ServerKeys, "get" | "set">,
    serverUrl: string,
    ask: (text: string) => Promise<string | undefined>,
  ) {
    this.#keys = keys;
    this.#serverUrl = serverUrl;
    this.#ask = ask;
  }

  async get(): Promise<string | undefined> {
    return this.#entered ?? (await this.#keys.get(this.#serverUrl));
  }

  /**
   * Runs `run`, and again with another key as often as the server refuses the one it got.
   * @returns undefined when the user gives no key, or when `run` gives that: it was withdrawn.
   */
  async with<T>(run: () => Promise<T | undefined>): Promise<T | undefined> {
    for (let asked = false; ; asked = true) {
      try {
        const result = await run();
        if (result !== undefined && this.#entered !== undefined)
          await this.#keys.set(this.#serverUrl, this.#entered);
        return result;
      } catch (error) {
        if (!(error instanceof ModelError) || error.code !== "unauthorized") throw error;
        const text = asked ? `${error.message} The one that was entered does not fit.` : error.message;
        this.#entered = (await this.#ask(text)) || undefined;
        if (this.#entered === undefined) return undefined;
      }
    }
  }
}
