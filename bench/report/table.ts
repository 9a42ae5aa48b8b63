import { shortNumber } from "./barChart.ts";
import type { BenchResult } from "./results.ts";

export type Row = readonly [name: string, value: string];

/** The figures of one run that are worth a line, absent parts left out. */
export function tableOf(result: BenchResult): Row[] {
  const { reuse, waste, overhead, replay, typing, exthost, activation, bundle, vsix, engine, chat } = result;
  const rows: (Row | undefined)[] = [
    reuse && ["prompt tokens reused", percent(reuse.promptTokensReusedShare)],
    reuse && ["… of requests that decode", percent(reuse.answerTokensReusedShare)],
    reuse && [
      "most tokens evaluated beyond new ones and suffix, in one line",
      count(reuse.maxEvaluatedBeyondNewAndSuffix),
    ],
    waste && ["decoded, neither shown nor kept in the cache", percent(waste.decodedNotUsedShare)],
    waste && ["decoded and never shown", percent(waste.decodedNotShownShare)],
    overhead && ["overhead p50 / p90", `${ms(overhead.p50Ms)} / ${ms(overhead.p90Ms)}`],
    replay && ["fresh suggestion p50", ms(replay.freshP50Ms)],
    replay?.bySource.rested && [
      "less sure suggestion after a rest: pauses, p50",
      `${replay.bySource.rested.count}, ${ms(replay.bySource.rested.p50Ms)}`,
    ],
    replay && ["pauses with text", `${replay.pausesWithText} of ${replay.pauses}`],
    replay && ["keys", count(replay.keys)],
    replay && [
      "decodes started / prompts read ahead",
      `${replay.requests.decodes} / ${replay.requests.ahead}`,
    ],
    replay && [
      "tokens evaluated / reused / decoded / used",
      `${replay.tokens.evaluated} / ${replay.tokens.reused} / ${replay.tokens.decoded} / ${replay.tokens.used}`,
    ],
    replay && ["flickers", count(replay.flickers)],
    replay && [
      "typed through: keys / without text / decodes",
      `${replay.typedThrough.keys} / ${replay.typedThrough.blank} / ${replay.typedThrough.decodes}`,
    ],
    typing && ["key to text p50 / p90", `${ms(typing.keyToTextP50Ms)} / ${ms(typing.keyToTextP90Ms)}`],
    typing && ["… without Wisp", `${ms(typing.withoutWispP50Ms)} / ${ms(typing.withoutWispP90Ms)}`],
    typing && [
      "… with a provider that suggests nothing",
      `${ms(typing.emptyProviderP50Ms)} / ${ms(typing.emptyProviderP90Ms)}`,
    ],
    exthost && [
      "extension host, CPU seconds / without Wisp / above",
      [exthost.cpuSeconds, exthost.cpuSecondsWithout, exthost.cpuSecondsAboveNone].map(count).join(" / "),
    ],
    exthost && ["… with a provider that suggests nothing", count(exthost.cpuSecondsEmptyProvider)],
    exthost && [
      "extension host, resident / without Wisp",
      `${count(exthost.residentMb)} MB / ${count(exthost.residentMbWithout)} MB`,
    ],
    activation && ["activation", ms(activation.ms)],
    bundle && [
      "extension bundle / engine bundle",
      `${megabytes(bundle.bytes)} / ${megabytes(bundle.engineBytes)}`,
    ],
    bundle?.sdkBytes === undefined
      ? undefined
      : ["… with what is read when a server is asked", megabytes(bundle.bytes + bundle.sdkBytes)],
    vsix && [`package (${vsix.target})`, megabytes(vsix.bytes)],
    chat && [`chat: opens ${chat.turns} turns`, ms(chat.openMs)],
    chat && [
      "chat: tokens/s streamed / wanted, frames/s, frame p95",
      `${count(chat.stream.tokensPerSecond)} / ${chat.stream.wantedTokensPerSecond}, ${count(chat.stream.framesPerSecond)}, ${ms(chat.stream.frameP95Ms)}`,
    ],
    chat && ["… page's thread at work", percent(chat.stream.busyShare)],
    chat && ["… changes outside the answer", count(chat.stream.changesElsewhere)],
    engine && ["engine: load, memory", `${ms(engine.loadMs)}, ${count(engine.memoryMb)} MB`],
    engine && [
      "engine: prefill / decode",
      `${count(engine.prefillPerSecond)} / ${count(engine.decodePerSecond)} tokens/s`,
    ],
    engine && ["engine: abort until free", ms(engine.abortMs)],
  ];
  const pipeline = (result.pipeline ?? []).map(
    ({ lines, keyUs, allocatedKb }): Row => [
      `pipeline, ${lines} lines: model / cache / typed through`,
      `${[keyUs.model, keyUs.cache, keyUs.typedThrough].map(count).join(" / ")} µs, ${[
        allocatedKb.model,
        allocatedKb.cache,
        allocatedKb.typedThrough,
      ]
        .map(count)
        .join(" / ")} kB`,
    ],
  );
  return [...rows.filter((row) => row !== undefined), ...pipeline];
}

const percent = (share: number | null): string => (share === null ? "–" : `${(100 * share).toFixed(1)} %`);
const ms = (value: number | null): string => (value === null ? "–" : `${value.toFixed(0)} ms`);
const count = (value: number | null): string => (value === null ? "–" : shortNumber(value));
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
