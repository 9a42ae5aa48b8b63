import type { EngineWork } from "../../src/engine/protocol.ts";
import type { Recording } from "./insidePage.ts";
import type { Played, PlayedStep } from "./player.ts";

/** The editor itself waits this long after a key before it asks. */
export const editorWaitMs = 50;
/** Mutations of one frame: the line of the cursor and the lines below are painted by different code. */
const frameMs = 12;
/** Text that goes away and comes back within this time has flickered. */
const flickerMs = 2_000;
/** More of the prompt than this was not in the KV cache: cold. */
const coldShare = 0.5;

/** `rested`: held back as unsure until the typist had not typed on for a while. */
export type GhostSource = "typed-through" | "cache" | "joined" | "warm" | "cold" | "rested";

/** A pause of the typist: what came, when, and from where. */
export interface PauseMeasure {
  readonly scenario: string;
  readonly label: string;
  /** From the last key to visible ghost text; absent where none came. */
  readonly visibleMs?: number;
  readonly source?: GhostSource;
  readonly text: string;
  /** `visibleMs` without the editor's own wait and without the model's work after the key; absent where a rest was waited for. */
  readonly overheadMs?: number;
  readonly modelMs?: number;
  /** Generations that began after the last key. */
  readonly decodes: number;
}

interface Ghost {
  readonly at: number;
  readonly text: string;
}

/** One state per frame. */
export function frames(ghosts: readonly Ghost[]): Ghost[] {
  const states: { at: number; text: string; last: number }[] = [];
  for (const ghost of ghosts) {
    const state = states.at(-1);
    const isSameFrame = state && ghost.at - state.last < frameMs;
    if (isSameFrame && !(state.text !== "" && ghost.text === "")) {
      state.text = ghost.text;
      state.last = ghost.at;
    } else states.push({ ...ghost, last: ghost.at });
  }
  return states.filter(({ text }, index) => index === 0 || text !== states[index - 1]?.text);
}

/** How often ghost text went away and came back as the same text, or as what goes on with it behind what was typed. */
export function flickers(states: readonly Ghost[], keys: Recording["keys"] = []): number {
  return states.filter(({ at, text }, index) => {
    const [before, after] = [states[index - 1], states[index + 1]];
    if (text !== "" || !before?.text || !after?.text || after.at - at > flickerMs) return false;
    const typed = keys.filter(
      ({ key, at, changedAt = at }) => !isModifier(key) && changedAt > before.at && at < after.at,
    );
    // It went away for a key that it does not say, whatever brings it back.
    const until = typed.filter((key) => (key.changedAt ?? key.at) <= at).map(textOf);
    const isRefuted =
      until.every((each) => each.length === 1) && !solid(before.text).startsWith(solid(until.join("")));
    return !isRefuted && isContinued(before.text, after.text, typed);
  }).length;
}

const textOf = ({ key }: Recording["keys"][number]): string => (key === "Enter" ? "\n" : key);

function isContinued(before: string, after: string, typed: Recording["keys"] = []): boolean {
  const characters = typed.map(textOf);
  if (after.endsWith(before) && !characters.some((each) => each.length === 1)) return true;
  // A key that moves or deletes tells nothing of what is left of the text.
  const isText = characters.every((each) => each.length === 1);
  const [held, gone] = isText ? [solid(before), solid(characters.join(""))] : [solid(before), ""];
  return held.startsWith(gone) && held.slice(gone.length).includes(solid(after).slice(0, 12));
}

/** White space is painted otherwise at the start of a line. */
const solid = (text: string): string => text.replace(/\s+/g, "");

const isModifier = (key: string): boolean => key === "Shift" || key === "Control";

function stateAt(states: readonly Ghost[], at: number): string {
  return states.filter((state) => state.at <= at).at(-1)?.text ?? "";
}

/** Keys that were typed through shown text, and after how many of them nothing was shown although more was to come. */
export function typedThrough(played: Played): { keys: number; blank: number; decodes: number } {
  const states = frames(played.ghosts);
  const sum = { keys: 0, blank: 0, decodes: 0 };
  for (const step of played.steps) {
    if (step.kind !== "typeGhost" || step.text === "") continue;
    const keys = keysOf(played, step);
    sum.keys += keys.length;
    sum.decodes += played.work.filter((each) => each.decodes && within(each.startedAt, step)).length;
    for (const [index, { at }] of keys.entries()) {
      const isRest = step.shown.slice(index + 1).trim() !== "";
      const until = keys[index + 1]?.at ?? step.to;
      const seen = states.filter((state) => state.at > at && state.at < until);
      const isBlank = stateAt(states, until) === "" || seen.some(({ text }) => text === "");
      if (isRest && isBlank) sum.blank++;
    }
  }
  return sum;
}

function within(at: number, { from, to }: PlayedStep): boolean {
  return at >= from && at <= to;
}

export function keysOf({ keys }: Recording, step: PlayedStep): Recording["keys"] {
  return keys.filter(({ at, key }) => !isModifier(key) && within(at, step));
}

/** Tokens per second of the engine over all of its requests: batches long enough to tell, and tokens behind the first. */
export function engineSpeed(work: readonly EngineWork[]): { prefill: number; decode: number } {
  const sum = { evaluated: 0, evaluatedMs: 0, decoded: 0, decodedMs: 0 };
  for (const { startedAt, promptAt, endedAt, evaluated, decoded } of work) {
    if (promptAt === undefined) continue;
    if (evaluated >= 16) {
      sum.evaluated += evaluated;
      sum.evaluatedMs += promptAt - startedAt;
    }
    if (decoded < 2 || endedAt === undefined) continue;
    sum.decoded += decoded - 1;
    sum.decodedMs += endedAt - promptAt;
  }
  return {
    prefill: (1_000 * sum.evaluated) / sum.evaluatedMs,
    decode: (1_000 * sum.decoded) / sum.decodedMs,
  };
}

/** Milliseconds that the tokens which the engine evaluated and decoded between two times take at its measured speed. */
export function modelMs(
  work: readonly EngineWork[],
  speed: { prefill: number; decode: number },
  from: number,
  to: number,
): number {
  let ms = 0;
  for (const each of work) {
    const end = each.endedAt ?? to;
    const promptEnd = each.promptAt ?? end;
    const read = each.evaluated * overlap(each.startedAt, promptEnd, from, to);
    const written = each.decoded * overlap(promptEnd, end, from, to);
    if (read > 0) ms += (1_000 * read) / speed.prefill;
    if (written > 0) ms += (1_000 * written) / speed.decode;
  }
  return ms;
}

/** The share of the first span that lies in the second. */
function overlap(start: number, end: number, from: number, to: number): number {
  const common = Math.min(end, to) - Math.max(start, from);
  return common <= 0 || end <= start ? 0 : common / (end - start);
}

/** @param speed of the engine over all scenarios. */
export function pauses(played: Played, speed: { prefill: number; decode: number }): PauseMeasure[] {
  const states = frames(played.ghosts);
  const keys = played.keys.filter(({ key }) => !isModifier(key));
  return played.steps.flatMap((step) => {
    if (step.kind !== "pause") return [];
    const last = keys.filter(({ at }) => at <= step.from + 30).at(-1);
    const since = last?.at ?? step.from;
    const shown = firstShown(states, since, step.to, last?.key === "Tab");
    const decodes = played.work.filter(
      (each) => each.decodes && within(each.startedAt, { ...step, from: since }),
    );
    const measure = {
      scenario: played.id,
      label: step.label,
      text: stateAt(states, step.to),
      decodes: decodes.length,
    };
    if (!shown) return [measure];
    const visibleMs = shown.at - since;
    const model = modelMs(played.work, speed, since, shown.at);
    const source = shown.carried ? "typed-through" : sourceOf(played, since, shown.at);
    return [
      {
        ...measure,
        visibleMs,
        source,
        modelMs: model,
        ...(source !== "rested" && {
          overheadMs: Math.max(0, visibleMs - (shown.carried ? 0 : editorWaitMs) - model),
        }),
      },
    ];
  });
}

function firstShown(
  states: readonly Ghost[],
  since: number,
  to: number,
  taken: boolean,
): { at: number; carried: boolean } | undefined {
  const before = stateAt(states, since);
  const after = states.filter(({ at }) => at > since && at <= to);
  const [first] = after;
  if (before !== "" && !taken) {
    // Shown before the key and still there, whether it had to change or not.
    if (!first) return { at: since, carried: true };
    if (first.text !== "") return { at: first.at, carried: isContinued(before, first.text) };
  }
  // What was taken goes away first; what is left of it meanwhile is nothing new.
  const gone = before !== "" && taken ? after.findIndex(({ text }) => text === "") : 0;
  const shown = gone < 0 ? undefined : after.slice(gone).find(({ text }) => text !== "");
  return shown && { at: shown.at, carried: false };
}

function sourceOf({ traces, work }: Played, since: number, at: number): GhostSource {
  const shown = traces.filter(
    ({ outcome, ...trace }) =>
      outcome.kind === "shown" && outcome.source !== "grown" && trace.at >= since - 5 && trace.at <= at,
  );
  const last = shown.at(-1);
  if (last?.stages.some(({ name }) => name === "rest")) return "rested";
  const outcome = last?.outcome;
  if (outcome?.kind === "shown" && outcome.source !== "model" && outcome.source !== "grown")
    return outcome.source;
  const evaluated = work
    .filter(({ startedAt }) => startedAt >= since - 5 && startedAt <= at)
    .reduce((sum, each) => sum + each.evaluated, 0);
  const promptTokens = Math.max(
    1,
    ...work.filter(({ startedAt }) => startedAt <= at).map((each) => each.promptTokens),
  );
  return evaluated > coldShare * promptTokens ? "cold" : "warm";
}

/**
 * Tokens that requests evaluated beyond what was new in front of the cursor since the request before, and the suffix.
 * Requests are compared within one line only; what was not evaluated before because a request was cut short is new. A
 * request with more new tokens than keys were typed, or another prefix without a key, is for another place: what comes
 * after a suggestion, once it is taken.
 */
export function evaluatedBeyond(played: Played): number[] {
  const lines = played.keys.filter(({ key }) => key === "Enter" || key === "Tab").map(({ at }) => at);
  const lineOf = (at: number) => lines.filter((other) => other <= at).length;
  const beyond: number[] = [];
  /** `wanted`: tokens in front of the cursor, of which `prefixTokens` were evaluated. */
  let known: { line: number; at: number; wanted: number; prefixTokens: number } | undefined;
  for (const each of played.work) {
    if (each.lane !== "completion") continue;
    const line = lineOf(each.startedAt);
    const suffix = each.promptTokens - each.prefixTokens;
    const since = known?.at ?? 0;
    const typed = played.keys.filter(({ at }) => at > since && at <= each.startedAt).length;
    if (known?.line === line) {
      const grown = each.prefixTokens - known.wanted;
      if (grown > typed || (typed === 0 && grown !== 0)) continue;
      const fresh = Math.max(0, each.prefixTokens - known.prefixTokens);
      beyond.push(Math.max(0, each.evaluated - fresh - suffix));
    }
    const prefixTokens = Math.min(each.prefixTokens, each.reused + each.evaluated);
    known = { line, at: each.startedAt, wanted: each.prefixTokens, prefixTokens };
  }
  return beyond;
}

export function percentile(numbers: readonly number[], share: number): number | null {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}
