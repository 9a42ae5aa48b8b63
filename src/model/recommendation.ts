import { type CatalogueEntry, catalogue } from "./catalogue.ts";
import type { Machine } from "./machine.ts";

/** What a short run of one catalogue model showed on this machine, in tokens per second. */
export interface MeasuredSpeed {
  readonly modelId: string;
  readonly decodeTokensPerSecond: number;
  readonly prefillTokensPerSecond?: number;
}

/**
 * "fits": free memory holds it now; "tight": the machine has the memory, but other programs hold part of it;
 * "too-large": it would swap even on the idle machine.
 */
export type Fit = "fits" | "tight" | "too-large";

export interface Recommendation {
  readonly entry: CatalogueEntry;
  /** One sentence for the user. */
  readonly reason: string;
  /** Expected time from a keystroke to a finished line, when a speed was measured. */
  readonly keystrokeMs?: number;
}

/** What the operating system and an editor keep for themselves. */
const reservedBytes = 2_000_000_000;

/** A suggestion that takes longer comes after the user has typed on. */
const keystrokeBudgetMs = 700;

/** Tokens per keystroke with a warm KV cache: newly typed prefix and the suffix again, then one line of code. */
const prefillTokens = 30;
const decodeTokens = 12;

/** From this many cores on the 1.5B is worth a try without a measurement. */
const manyCores = 8;

export function memoryFit(entry: CatalogueEntry, machine: Machine): Fit {
  if (entry.ramBytes > machine.totalMemoryBytes - reservedBytes) return "too-large";
  return entry.ramBytes > machine.availableMemoryBytes ? "tight" : "fits";
}

/**
 * Predicts what one keystroke costs with `entry` from a measurement of another model on the same machine.
 * Decoding reads every weight once per token, so it scales with the file; prefill computes, so it scales with
 * the number of weights. Where prefill was not measured it is taken as five times the decode speed, the ratio
 * seen on CPUs with these models.
 */
export function predictKeystrokeMs(
  entry: CatalogueEntry,
  measuredEntry: CatalogueEntry,
  speed: MeasuredSpeed,
): number {
  const prefillSpeed = speed.prefillTokensPerSecond ?? 5 * speed.decodeTokensPerSecond;
  const prefill = (prefillTokens / prefillSpeed) * (entry.parameters / measuredEntry.parameters);
  const decode = (decodeTokens / speed.decodeTokensPerSecond) * (entry.sizeBytes / measuredEntry.sizeBytes);
  return 1000 * (prefill + decode);
}

/**
 * The entry to offer first. Models under a restricted licence are never recommended, only offered; what does
 * not fit in memory is never recommended unless nothing does (then the smallest is).
 */
export function recommend(
  machine: Machine,
  speed?: MeasuredSpeed,
  entries: readonly CatalogueEntry[] = catalogue,
): Recommendation {
  const bySize = [...entries].sort((a, b) => a.sizeBytes - b.sizeBytes);
  const [smallest] = bySize;
  if (smallest === undefined) throw new RangeError("a recommendation needs at least one catalogue entry");
  const candidates = bySize.filter(
    (entry) => entry.licence.note === undefined && memoryFit(entry, machine) === "fits",
  );
  const [first = smallest, second] = candidates;
  const measuredEntry = speed && entries.find((entry) => entry.id === speed.modelId);
  if (speed && measuredEntry) {
    const keeping = candidates.filter(
      (entry) => predictKeystrokeMs(entry, measuredEntry, speed) <= keystrokeBudgetMs,
    );
    const entry = keeping.at(-1) ?? first;
    const keystrokeMs = Math.round(predictKeystrokeMs(entry, measuredEntry, speed));
    const reason =
      keeping.length > 0
        ? `The largest model that keeps up with typing here (about ${keystrokeMs} ms per suggestion).`
        : "The smallest model; this machine is slow even for it.";
    return { entry, reason, keystrokeMs };
  }
  if (second && machine.physicalCores >= manyCores) {
    return {
      entry: second,
      reason: `Better suggestions, and ${machine.physicalCores} cores should keep up.`,
    };
  }
  return { entry: first, reason: "The fastest model, right where cores are few." };
}
