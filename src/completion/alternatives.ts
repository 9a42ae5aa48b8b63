import type { FimRequest, ModelClient } from "../model/modelClient.ts";
import { asModelError } from "../model/modelErrors.ts";
import { type AnswerSituation, answerSituation } from "./answerSituation.ts";
import type { AskingTools, Question } from "./asking.ts";
import type { CachedAnswer } from "./completionCache.ts";
import { digest } from "./digest.ts";
import { guided } from "./healing.ts";
import { trimStream } from "./streamTrimmer.ts";

const candidates = 2;
const temperature = 0.7;

/**
 * Samples further answers for a user who asked, without those that say the same.
 * @throws {ModelError}
 */
export async function sampleAlternatives(
  model: ModelClient,
  prompt: FimRequest,
  situation: AnswerSituation,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const raws = new Map<number, string>();
  for await (const event of model.complete({ ...prompt, candidates, temperature }, signal)) {
    if (event.type === "delta") raws.set(event.candidate, (raws.get(event.candidate) ?? "") + event.text);
  }
  const texts = [...raws.values()].flatMap((raw) => {
    const end = trimStream(`${raw}\n`, situation)?.end ?? raw.length;
    const { result } = digest(raw.slice(0, end), [], situation, 0);
    return typeof result === "string" ? [result] : [];
  });
  return [...new Set(texts)];
}

/** `answer` with `texts` beside it; one of them takes its place when it was silent. */
export function withAlternatives(answer: CachedAnswer, texts: readonly string[]): CachedAnswer {
  const others = texts.filter((text) => text !== answer.text);
  if (!answer.silent) return { ...answer, alternatives: others };
  const [text, ...alternatives] = others;
  return text === undefined ? { ...answer, alternatives } : { text, shownLength: text.length, alternatives };
}

/**
 * Adds further samples to the answer of a user who asked, one generation after the other; without them it stands. Where
 * the answer was held to members, a sample that names something else is dropped, also by a list that calls itself
 * incomplete, as Pyright's do.
 */
export async function addAlternatives(
  tools: Pick<AskingTools, "parts" | "cache" | "parser" | "requests" | "generations" | "tell">,
  {
    request,
    situation: { offered, constructible },
    prompt,
  }: Pick<Question, "request" | "situation" | "prompt">,
  signal: AbortSignal,
): Promise<void> {
  const { parts, cache, parser, requests, generations, tell } = tools;
  const { place, trace, effective, settings } = request;
  await generations.flights.current?.drained;
  if (signal.aborted) return;
  const syntax = await parser.at(effective.document, signal);
  const isHeld = parts.holdToMembers && offered && guided(prompt, offered) !== undefined;
  const members = offered && { ...offered.members, isComplete: isHeld || offered.members.isComplete };
  const situation = {
    ...answerSituation(effective.document, settings, "explicit", syntax),
    ...(offered && members && { offered: { ...offered, members } }),
    ...(constructible && { constructible }),
  };
  try {
    const maxTokens = requests.maxTokens(situation.mode, settings);
    const texts = await sampleAlternatives(parts.model, { ...prompt, maxTokens }, situation, signal);
    const answer = cache.get(place);
    if (answer && !signal.aborted) cache.put(place, withAlternatives(answer, texts));
  } catch (error) {
    trace.steps.push("alternatives-failed");
    tell(asModelError(error));
  } finally {
    syntax?.dispose();
    trace.stage("alternatives");
  }
}
