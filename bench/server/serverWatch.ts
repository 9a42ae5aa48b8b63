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
  readonly #megabytes: number[];
  readonly #ended = new AbortController();
  readonly #sampling: Promise<void>;

  private constructor(
    read: () => Promise<ServerCounts | undefined>,
    before: ServerCounts | undefined,
    pid: number | undefined,
    megabytes: number | undefined,
  ) {
    this.#read = read;
    this.#before = before;
    this.#pid = pid;
    this.#megabytes = megabytes === undefined ? [] : [megabytes];
    this.#sampling = this.#sample();
  }

  /**
   * @param root the server's address without a version.
   * @throws when there is no process `pid`.
   */
  static async start(root: string, key: string | undefined, pid: number | undefined): Promise<ServerWatch> {
    const megabytes = pid === undefined ? undefined : await residentMegabytes(pid);
    if (pid !== undefined && megabytes === undefined)
      throw new Error(`There is no process ${pid}, or its memory cannot be read.`);
    const read = (): Promise<ServerCounts | undefined> => readServerCounts(root, key);
    return new ServerWatch(read, await read(), pid, megabytes);
  }

  /** Waits a little for the server to come to rest. */
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
    const [before = 0] = this.#megabytes;
    const most = Math.max(before, ...this.#megabytes, after ?? 0);
    return { before, most, ...(after !== undefined && { after }) };
  }

  /** Until the load has ended, or the process has. */
  async #sample(): Promise<void> {
    if (this.#pid === undefined) return;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const megabytes = await residentMegabytes(this.#pid);
      if (megabytes === undefined) return;
      this.#megabytes.push(megabytes);
      await wait(sampleMs, undefined, { signal }).catch(() => {});
    }
  }
}
