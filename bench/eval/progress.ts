import type { Writable } from "node:stream";

/** A bar with the time left; one line per tenth where the output is no terminal. */
export class Progress {
  readonly #total: number;
  readonly #out: Writable & { readonly isTTY?: boolean };
  readonly #started = performance.now();
  #done = 0;
  #told = -1;

  constructor(total: number, out: Writable & { readonly isTTY?: boolean } = process.stderr) {
    this.#total = total;
    this.#out = out;
  }

  step(note: string): void {
    this.#done++;
    const share = this.#done / this.#total;
    const left = ((performance.now() - this.#started) / this.#done) * (this.#total - this.#done);
    const bar = "#".repeat(Math.floor(share * 30)).padEnd(30, ".");
    const line = `[${bar}] ${this.#done}/${this.#total}  ${duration(left)} left  ${note}`;
    if (this.#out.isTTY) this.#out.write(`\r\x1b[2K${line}${this.#done === this.#total ? "\n" : ""}`);
    else if (Math.floor(share * 10) > this.#told) {
      this.#told = Math.floor(share * 10);
      this.#out.write(`${line}\n`);
    }
  }
}

export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes >= 60
    ? `${Math.floor(minutes / 60)} h ${minutes % 60} min`
    : `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}
