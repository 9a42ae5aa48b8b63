import { setTimeout as wait } from "node:timers/promises";
import type { ServerSide } from "./loadReport.ts";
import { countsBetween, readServerCounts, residentMegabytes, type ServerCounts } from "./serverCounts.ts";

const sampleMs = 500;
/** Withdrawn requests leave a server's queue when it comes to them. */
const settleMs = 15_000;

/** Follows the server's counters and its memory while the load runs. */
export class ServerWatch {
  readonly #read: () => Promise<ServerCounts | undefined>;
  readonly #pid: number | undefined;
  readonly #before: ServerCounts | undefined;
  readonly #megabytes: number[] = [];
  readonly #ended = new AbortController();
  readonly #sampling: Promise<void>;

  private constructor(
    read: () => Promise<ServerCounts | undefined>,
    before: ServerCounts | undefined,
    pid: number | undefined,
  ) {
    this.#read = read;
    this.#before = before;
    this.#pid = pid;
    this.#sampling = this.#sample();
    // A server that dies is told at the end.
    this.#sampling.catch(() => {});
  }

  /** @param root the server's address without a version. */
  static async start(root: string, key: string | undefined, pid: number | undefined): Promise<ServerWatch> {
    const read = (): Promise<ServerCounts | undefined> => readServerCounts(root, key);
    return new ServerWatch(read, await read(), pid);
  }

  /** Waits a little for the server to come to rest. @throws when the server's process is gone. */
  async end(): Promise<ServerSide> {
    let after = await this.#read();
    const deadline = performance.now() + settleMs;
    while ((after?.pending ?? 0) > 0 && performance.now() < deadline) {
      await wait(sampleMs);
      after = await this.#read();
    }
    this.#ended.abort();
    await this.#sampling;
    const server = this.#before && after ? countsBetween(this.#before, after) : undefined;
    const memory = this.#pid === undefined ? undefined : await this.#memory(this.#pid);
    return { ...(server && { server }), ...(memory && { memory }) };
  }

  async #memory(pid: number): Promise<NonNullable<ServerSide["memory"]>> {
    const after = await residentMegabytes(pid);
    return { before: this.#megabytes[0] ?? after, most: Math.max(after, ...this.#megabytes), after };
  }

  async #sample(): Promise<void> {
    if (this.#pid === undefined) return;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      this.#megabytes.push(await residentMegabytes(this.#pid));
      await wait(sampleMs, undefined, { signal }).catch(() => {});
    }
  }
}
