import type { Disposable } from "./disposable.ts";

/** The only source of time outside the editor and the engine, so that tests can move it by hand. */
export interface Clock {
  /** Milliseconds from an arbitrary start, never going back. */
  now(): number;
  /** Runs `action` once after `ms` milliseconds unless disposed before. */
  after(ms: number, action: () => void): Disposable;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return { dispose: () => clearTimeout(timer) };
  },
};
