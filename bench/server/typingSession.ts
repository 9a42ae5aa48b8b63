import { PrefixWindow } from "../../src/prompt/prefixWindow.ts";

/** A moment at which the extension would ask for a completion. */
export interface Ask {
  /** Milliseconds from the start of the session. */
  readonly atMs: number;
  /** When the next key withdraws the request; Infinity at the end of the session. */
  readonly withdrawnAtMs: number;
  readonly path: string;
  readonly prefix: string;
  readonly suffix: string;
}

export interface SessionSource {
  readonly path: string;
  readonly text: string;
}

/** From 0 to below 1. */
export type Random = () => number;

/** The extension's debounce. */
const debounceMs = 150;
const prefixCharacters = 1500;
const suffixCharacters = 80;

/**
 * Somebody types a source text from a random place on, for `seconds`. Times between keys are log-normal around
 * 180 ms, about the 53 words per minute of V. Dhakal et al., Observations on Typing from 136 Million Keystrokes
 * (CHI 2018), with a pause for thought at one key in ten.
 */
export function typingSession(
  sources: readonly SessionSource[],
  seconds: number,
  random: Random,
): readonly Ask[] {
  const source = sources[Math.floor(random() * sources.length)];
  if (!source) return [];
  const asks: Ask[] = [];
  const window = new PrefixWindow();
  let at = Math.floor(random() * source.text.length * 0.8);
  let nowMs = random() * 2000;
  while (nowMs < seconds * 1000 && at < source.text.length) {
    const gapMs = gap(random);
    at++;
    if (gapMs > debounceMs) {
      const atMs = nowMs + debounceMs;
      const after = source.text.slice(at);
      const lineEnd = Math.max(0, after.indexOf("\n"));
      asks.push({
        atMs,
        withdrawnAtMs: nowMs + gapMs,
        path: source.path,
        // As the extension cuts it, so that the next prompt begins like this one and the server has most of it.
        prefix: window.cut(documentAt(source, at), () => prefixCharacters),
        // What is typed next is not there yet.
        suffix: after.slice(lineEnd, lineEnd + suffixCharacters),
      });
    }
    nowMs += gapMs;
  }
  return asks;
}

function documentAt({ path, text }: SessionSource, at: number): Parameters<PrefixWindow["cut"]>[0] {
  const prefix = text.slice(0, at);
  return { uri: path, prefix, position: { line: prefix.split("\n").length - 1 } };
}

function gap(random: Random): number {
  if (random() < 0.1) return 800 + random() * 2500;
  return Math.min(800, 180 * Math.exp(0.45 * normal(random)));
}

/** Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The same numbers for the same seed (T. Ettinger's mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
