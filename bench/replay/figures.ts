import {
  engineSpeed,
  evaluatedBeyond,
  flickers,
  frames,
  type GhostSource,
  type PauseMeasure,
  pauses,
  percentile,
  typedThrough,
} from "./measures.ts";
import type { Played } from "./player.ts";

const sources: readonly GhostSource[] = ["typed-through", "cache", "joined", "warm", "cold", "rested"];

interface Times {
  readonly count: number;
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
}

export interface ReplayFigures {
  readonly reuse: {
    /** Of all prompt tokens that were wanted, ahead or for an answer. */
    readonly promptTokensReusedShare: number | null;
    /** The same for requests that decode: what a person waits for. */
    readonly answerTokensReusedShare: number | null;
    /** Per request of one line, beyond new tokens and suffix. */
    readonly maxEvaluatedBeyondNewAndSuffix: number | null;
  };
  readonly waste: {
    /** Neither shown nor in the cache to be shown where the typist may come to. */
    readonly decodedNotUsedShare: number | null;
    /** Not shown by the end of its scenario. */
    readonly decodedNotShownShare: number | null;
  };
  readonly overhead: { readonly p50Ms: number | null; readonly p90Ms: number | null };
  readonly replay: {
    /** Pauses after which the text came from the model at once: neither typed through, nor from the cache, nor after a rest. */
    readonly freshP50Ms: number | null;
    readonly pauses: number;
    readonly pausesWithText: number;
    readonly keys: number;
    readonly bySource: Readonly<Record<GhostSource, Times>>;
    readonly flickers: number;
    readonly typedThrough: { readonly keys: number; readonly blank: number; readonly decodes: number };
    readonly tokens: {
      readonly evaluated: number;
      readonly reused: number;
      readonly decoded: number;
      readonly used: number;
    };
    readonly requests: { readonly ahead: number; readonly decodes: number };
    readonly enginePerSecond: { readonly prefill: number | null; readonly decode: number | null };
    readonly scenarios: readonly ScenarioFigures[];
  };
  readonly typing: {
    /** From the key to the changed text in the page. */
    readonly keyToTextP50Ms: number | null;
    readonly keyToTextP90Ms: number | null;
    readonly withoutWispP50Ms: number | null;
    readonly withoutWispP90Ms: number | null;
    /** With a provider that suggests nothing. */
    readonly emptyProviderP50Ms: number | null;
    readonly emptyProviderP90Ms: number | null;
  };
  readonly exthost: {
    readonly cpuSeconds: number;
    readonly cpuSecondsWithout: number | null;
    readonly cpuSecondsAboveNone: number | null;
    readonly cpuSecondsEmptyProvider: number | null;
    readonly residentMb: number | null;
    readonly residentMbWithout: number | null;
  };
}

interface ScenarioFigures {
  readonly id: string;
  readonly keys: number;
  readonly decodes: number;
  readonly ahead: number;
  readonly flickers: number;
  readonly evaluated: number;
  readonly reused: number;
  readonly decoded: number;
  readonly used: number;
  readonly maxBeyond: number | null;
  readonly pauses: readonly PauseMeasure[];
}

/**
 * @param without the same keys in the editor without Wisp; @param empty and with a provider that suggests nothing. Empty
 * where that was left out.
 */
export function replayFigures(
  played: readonly Played[],
  without: readonly Played[],
  empty: readonly Played[] = [],
): ReplayFigures {
  const work = played.flatMap((each) => each.work);
  const speed = engineSpeed(work);
  const all = played.flatMap((each) => pauses(each, speed));
  const seen = all.filter((pause) => pause.visibleMs !== undefined);
  const visible = (some: readonly PauseMeasure[]) => some.flatMap(({ visibleMs }) => visibleMs ?? []);
  const fresh = seen.filter(({ source }) => source === "joined" || source === "warm" || source === "cold");
  const overhead = seen.flatMap(({ overheadMs }) => overheadMs ?? []);
  const decoded = sum(work.map((each) => each.decoded));
  const used = sum(played.map((each) => each.decodedUsed));
  const kept = sum(played.map((each) => each.decodedKept));
  const through = played.map(typedThrough);
  const cpuOf = (some: readonly Played[]) => sum(some.map((each) => each.hostCpuSeconds));
  const cpuSeconds = cpuOf(played);
  const cpuWithout = without.length > 0 ? cpuOf(without) : null;
  return {
    reuse: {
      promptTokensReusedShare: reusedShare(work),
      answerTokensReusedShare: reusedShare(work.filter(({ decodes }) => decodes)),
      maxEvaluatedBeyondNewAndSuffix: percentile(played.flatMap(evaluatedBeyond), 1),
    },
    waste: {
      decodedNotUsedShare: decoded === 0 ? null : Math.max(0, decoded - kept) / decoded,
      decodedNotShownShare: decoded === 0 ? null : Math.max(0, decoded - used) / decoded,
    },
    overhead: { p50Ms: percentile(overhead, 0.5), p90Ms: percentile(overhead, 0.9) },
    replay: {
      freshP50Ms: percentile(visible(fresh), 0.5),
      pauses: all.length,
      pausesWithText: seen.length,
      keys: sum(played.map(({ keys }) => keys.length)),
      bySource: Object.fromEntries(
        sources.map((source) => [source, times(visible(seen.filter((pause) => pause.source === source)))]),
      ) as Record<GhostSource, Times>,
      flickers: sum(played.map(({ ghosts, keys }) => flickers(frames(ghosts), keys))),
      typedThrough: {
        keys: sum(through.map(({ keys }) => keys)),
        blank: sum(through.map(({ blank }) => blank)),
        decodes: sum(through.map(({ decodes }) => decodes)),
      },
      tokens: {
        evaluated: sum(work.map(({ evaluated }) => evaluated)),
        reused: sum(work.map(({ reused }) => reused)),
        decoded,
        used,
      },
      requests: {
        ahead: work.filter(({ decodes }) => !decodes).length,
        decodes: work.filter(({ decodes }) => decodes).length,
      },
      enginePerSecond: { prefill: orNull(speed.prefill), decode: orNull(speed.decode) },
      scenarios: played.map((each) => scenarioFigures(each, speed)),
    },
    typing: typing(played, without, empty),
    exthost: {
      cpuSeconds,
      cpuSecondsWithout: cpuWithout,
      cpuSecondsAboveNone: cpuWithout === null ? null : cpuSeconds - cpuWithout,
      cpuSecondsEmptyProvider: empty.length > 0 ? cpuOf(empty) : null,
      residentMb: most(played),
      residentMbWithout: most(without),
    },
  };
}

function scenarioFigures(played: Played, speed: { prefill: number; decode: number }): ScenarioFigures {
  const { id, work, keys, ghosts, decodedUsed } = played;
  return {
    id,
    keys: keys.length,
    decodes: work.filter(({ decodes }) => decodes).length,
    ahead: work.filter(({ decodes }) => !decodes).length,
    flickers: flickers(frames(ghosts), keys),
    evaluated: sum(work.map((each) => each.evaluated)),
    reused: sum(work.map((each) => each.reused)),
    decoded: sum(work.map((each) => each.decoded)),
    used: decodedUsed,
    maxBeyond: percentile(evaluatedBeyond(played), 1),
    pauses: pauses(played, speed),
  };
}

function typing(
  played: readonly Played[],
  without: readonly Played[],
  empty: readonly Played[],
): ReplayFigures["typing"] {
  const latencies = (some: readonly Played[]) =>
    some.flatMap(({ keys }) =>
      keys.flatMap(({ key, at, changedAt }) => (key.length === 1 && changedAt ? changedAt - at : [])),
    );
  return {
    keyToTextP50Ms: percentile(latencies(played), 0.5),
    keyToTextP90Ms: percentile(latencies(played), 0.9),
    withoutWispP50Ms: percentile(latencies(without), 0.5),
    withoutWispP90Ms: percentile(latencies(without), 0.9),
    emptyProviderP50Ms: percentile(latencies(empty), 0.5),
    emptyProviderP90Ms: percentile(latencies(empty), 0.9),
  };
}

function reusedShare(work: Played["work"]): number | null {
  const reused = sum(work.map((each) => each.reused));
  const evaluated = sum(work.map((each) => each.evaluated));
  return reused + evaluated === 0 ? null : reused / (reused + evaluated);
}

function times(ms: readonly number[]): Times {
  return { count: ms.length, p50Ms: percentile(ms, 0.5), p90Ms: percentile(ms, 0.9) };
}

function most(played: readonly Played[]): number | null {
  const bytes = percentile(
    played.map(({ hostResidentBytes }) => hostResidentBytes),
    1,
  );
  return bytes === null ? null : bytes / 1e6;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function orNull(number: number): number | null {
  return Number.isFinite(number) ? number : null;
}
