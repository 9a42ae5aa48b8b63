import type { TokenProbability } from "../model/modelClient.ts";
import type { AnswerSituation } from "./answerSituation.ts";
import type { CachedAnswer } from "./completionCache.ts";
import { confidenceGate } from "./confidenceGate.ts";
import { likelyMember, namesMissing } from "./namesThatExist.ts";
import type { SilentReason } from "./outcome.ts";
import { postprocess } from "./postprocess.ts";
import { keepValid } from "./validText.ts";

export interface Digest {
  readonly raw: string;
  /** Text to show, or why there is none. */
  readonly result: string | { readonly dropped: SilentReason };
  readonly steps: readonly string[];
  readonly confidence?: number;
}

/** From the model's raw text to what may be shown: processed, judged by the tokens' probabilities, then by the parser. */
export function digest(
  raw: string,
  tokens: readonly TokenProbability[],
  situation: AnswerSituation,
  quietness: number,
): Digest {
  const processed = postprocess(raw, situation);
  if (typeof processed.result !== "string") return { raw, ...processed };
  const text = processed.result;
  const firstWord = text.slice(0, text.indexOf("\n", 1) < 0 ? text.length : text.indexOf("\n", 1));
  const offset = Math.max(0, raw.indexOf(firstWord.trimEnd()));
  const decision = confidenceGate(text, tokens, offset, quietness);
  const confidence = decision.confidence === undefined ? {} : { confidence: decision.confidence };
  if (decision.kind === "drop") {
    const member = likelyMember(text, tokens, offset, situation);
    if (member !== undefined) {
      const result = keepValid(member, situation);
      return { raw, result, steps: [...processed.steps, "member-only"], ...confidence };
    }
    return {
      raw,
      result: { dropped: "low-confidence" },
      steps: [...processed.steps, "confidence"],
      ...confidence,
    };
  }
  if (namesMissing(decision.text, situation)) {
    return { raw, result: { dropped: "unknown-name" }, steps: [...processed.steps, "names"], ...confidence };
  }
  const result = keepValid(decision.text, situation);
  const steps = [
    ...processed.steps,
    ...(decision.text === text ? [] : ["confidence"]),
    ...(result === decision.text ? [] : ["syntax"]),
  ];
  return { raw, result, steps, ...confidence };
}

/** A silent answer is kept too: the same place would get the same answer. */
export function cachedAnswer({ result, confidence }: Digest): CachedAnswer {
  const kept = confidence === undefined ? {} : { confidence };
  if (typeof result !== "string") return { text: "", shownLength: 0, silent: result.dropped, ...kept };
  return { text: result, shownLength: result.length, ...kept };
}
