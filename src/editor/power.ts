import type { Clock } from "../base/clock.ts";
import type { Disposable } from "../base/disposable.ts";
import type { Log } from "../base/log.ts";
import type { Saving } from "../completion/completionParts.ts";
import type { PowerSource } from "../model/powerSource.ts";
import type { MachineSettings } from "./settingValues.ts";

/** The plug is pulled rarely, and asking costs a program's start on some systems. */
const everyMs = 60_000;

export interface PowerParts {
  readonly read: () => Promise<PowerSource>;
  readonly onBattery: () => MachineSettings["onBattery"];
  readonly clock: Clock;
  readonly log: Log;
}

/** Follows what the machine runs on, from the first question on and only while the setting makes a difference. */
export class Power implements Disposable {
  readonly #parts: PowerParts;
  #source: PowerSource;
  #askedAt: number | undefined;
  #isBroken = false;

  constructor(parts: PowerParts) {
    this.#parts = parts;
  }

  /** How completion shall save now. Answers at once, from what was seen at most a minute before. */
  readonly saving = (): Saving => {
    const wanted = this.#parts.onBattery();
    if (wanted === "same" || this.#isBroken) return "nothing";
    const now = this.#parts.clock.now();
    if (this.#askedAt === undefined || now - this.#askedAt > everyMs) {
      this.#askedAt = now;
      void this.#ask();
    }
    return this.#source === "battery" ? wanted : "nothing";
  };

  dispose(): void {
    this.#isBroken = true;
  }

  async #ask(): Promise<void> {
    try {
      const before = this.#source;
      this.#source = await this.#parts.read();
      if (this.#source !== before)
        this.#parts.log.info(`The machine runs on ${this.#source ?? "an unknown source"}.`);
    } catch (error) {
      // It would fail again in a minute, and says so once.
      this.#isBroken = true;
      this.#parts.log.warn(
        `What the machine runs on cannot be read, so nothing is saved on battery: ${String(error)}`,
      );
    }
  }
}
