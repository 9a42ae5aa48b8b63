import type { TokenProbability } from "../model/modelClient.ts";
import { openClosers } from "../syntax/brackets.ts";
import { acceptance } from "./acceptance.ts";
import { ownLengthOf } from "./addedEnding.ts";
import type { AnswerSituation } from "./answerSituation.ts";
import {
  type Candidate,
  candidatesOf,
  contentLines,
  firstLines,
  leastBeginning,
  leastPart,
  likelyLength,
  withoutOpenHead,
} from "./candidates.ts";
import type { CachedAnswer } from "./completionCache.ts";
import { namesMissing } from "./namesThatExist.ts";
import type { SilentReason } from "./outcome.ts";
import { type Dropped, postprocess } from "./postprocess.ts";
import { furtherLineThreshold, thresholdOf, worthOf } from "./quietness.ts";
import { Taste } from "./taste.ts";
import { isHeadOfBody, keepValid } from "./validText.ts";

export interface Digest {
  readonly raw: string;
  /** Text to show, or why there is none. */
  readonly result: string | { readonly dropped: SilentReason };
  /** Characters of `result` that the model wrote, where lines that close a block which they leave open were added. */
  readonly ownLength?: number;
  readonly steps: readonly string[];
  /** Estimated probability that the user takes it. */
  readonly confidence?: number;
  /** Beginnings of the answer among which was chosen; absent where the backend gives no probabilities. */
  readonly candidates?: readonly Candidate[];
}

const shippedTaste = new Taste();

/** From the model's raw text to what may be shown: processed, cut where it is most worth, and valid for the parser. */
export function digest(
  raw: string,
  tokens: readonly TokenProbability[],
  situation: AnswerSituation,
  quietness: number,
  taste: Pick<Taste, "corrected"> = shippedTaste,
): Digest {
  const processed = postprocess(raw, situation);
  if (typeof processed.result !== "string") return { raw, ...processed };
  const text = processed.result;
  const { steps } = processed;
  if (tokens.length === 0) return { raw, ...validated(text, text, situation, steps) };
  const { offset, candidates, judged } = judgedBeginnings(text, raw, tokens, situation, taste);
  if (quietness === 0) return { raw, candidates, ...validated(text, text, situation, steps) };
  let refused: Pick<Digest, "result" | "steps" | "confidence"> | undefined;
  for (const { text: beginning, extent, confidence } of judged) {
    if (confidence < thresholdOf(quietness)) continue;
    const part =
      extent === "line"
        ? firstLines(text, likelyLines(raw.slice(offset), tokens, offset, quietness))
        : beginning;
    const valid = validated(part, text, situation, steps);
    const isEmpty = (code: string): boolean => withoutOpenHead(code, situation.languageId).trim() === "";
    // Behind a head that is typed already, its block comes whole: not empty, and not closed where it was cut.
    const isPart = part.length < text.trimEnd().length && isEmpty(firstLineOf(part));
    if (valid.result !== part && (isPart || isEmpty(part))) continue;
    if (typeof valid.result === "string" && (extent === "line" || valid.result === part))
      return { raw, candidates, ...headOr(valid, part, text, situation, steps), confidence };
    const dropped = typeof valid.result === "string" ? ({ dropped: "breaks-syntax" } as const) : valid.result;
    refused ??= { result: dropped, steps: valid.steps, confidence };
  }
  const confidence = Math.max(0, ...judged.map((each) => each.confidence));
  const silent = {
    result: { dropped: "low-confidence" as const },
    steps: [...steps, "confidence"],
    confidence,
  };
  return { raw, candidates, ...(refused ?? silent) };
}

/** A beginning that is too short to be worth anything alone has to be likelier by this factor. */
const surerIfShort = 1.2;

/**
 * What can be shown of `raw` while its first line is still being written: a part of it that is sure enough. It may be a head
 * whose body is to come, but leaves no bracket and no quote open, because it stays if nothing comes that can be shown.
 */
export function digestBeginning(
  raw: string,
  tokens: readonly TokenProbability[],
  situation: AnswerSituation,
  quietness: number,
  taste: Pick<Taste, "corrected"> = shippedTaste,
): Digest {
  const { result: text, steps } = postprocess(raw, situation);
  if (typeof text !== "string") return { raw, result: text, steps };
  const { offset, candidates, judged } = judgedBeginnings(
    text,
    raw,
    tokens,
    situation,
    taste,
    leastBeginning,
  );
  const shown = judged.find(
    ({ text: part, extent, confidence }) =>
      extent === "part" &&
      // The word at the end may go on.
      offset + part.length < raw.length &&
      confidence >=
        thresholdOf(part.trim().length < leastPart ? Math.min(1, surerIfShort * quietness) : quietness) &&
      mayGrow(part, situation),
  );
  const result = shown?.text ?? { dropped: "low-confidence" as const };
  const how = { steps: [...steps, "confidence"], ...(shown && { confidence: shown.confidence }) };
  return { raw, candidates, result, ...how };
}

/** Whether nothing is wrong with `part`, or only that its body has not come. */
function mayGrow(part: string, situation: AnswerSituation): boolean {
  const { lineLeft, lineAbove, lineBelow } = situation;
  const line = (part.startsWith("\n") ? part : lineLeft + part).trim();
  // What repeats a line is dropped when it is whole.
  if (lineLeft.trim().startsWith(part.trim())) return false;
  if ([lineAbove, lineBelow].some((other) => other.trim().startsWith(line))) return false;
  if (openClosers(lineLeft + part, lineLeft.length) !== "" || namesMissing(part, situation)) return false;
  return keepValid(part, situation) === part || isHeadOfBody(part, situation);
}

/** The beginnings of `text` at which it may be cut, and how likely each is to be taken, what is worth most first. */
function judgedBeginnings(
  text: string,
  raw: string,
  tokens: readonly TokenProbability[],
  situation: AnswerSituation,
  taste: Pick<Taste, "corrected">,
  leastLength?: number,
): {
  readonly offset: number;
  readonly candidates: readonly Candidate[];
  readonly judged: readonly (Candidate & { readonly confidence: number })[];
} {
  const firstWord = text.slice(0, text.indexOf("\n", 1) < 0 ? text.length : text.indexOf("\n", 1));
  const offset = Math.max(0, raw.indexOf(firstWord.trimEnd()));
  const candidates = candidatesOf(text, tokens, offset, situation, leastLength);
  const judged = candidates
    .map((each) => ({ ...each, confidence: taste.corrected(acceptance(each.features)) }))
    .sort((a, b) => worthOf(b) - worthOf(a));
  return { offset, candidates, judged };
}

/** Lines are counted, because what is processed has other lengths than what the tokens spell. */
function likelyLines(
  written: string,
  tokens: readonly TokenProbability[],
  offset: number,
  quietness: number,
): number {
  const end = likelyLength(written, tokens, offset, furtherLineThreshold(quietness));
  return contentLines(written.slice(0, end));
}

function firstLineOf(text: string): string {
  return text.trimStart().split("\n", 1)[0] ?? "";
}

/** What stands left of a brace that opens an object. */
const beforeObject = /(?:\breturn|[=(,:?[])$/;

/**
 * What is shown in place of `valid` where that closes a block which `part` opens at its end or leaves unfinished: the head,
 * if it can stand alone. Who took a block that was closed too early would have to open it again.
 */
function headOr(
  valid: Validated,
  part: string,
  whole: string,
  situation: AnswerSituation,
  steps: readonly string[],
): Validated {
  const ended = withoutOpenHead(part, situation.languageId);
  const first = firstLines(part, 1);
  const opened = withoutOpenHead(first, situation.languageId);
  const head = ended !== part ? ended : opened === first ? part : opened;
  // An object is no block.
  if (valid.result === part || head === part || head.trim() === "" || beforeObject.test(head)) return valid;
  const alone = validated(head, whole, situation, steps);
  return alone.result === head ? alone : valid;
}

interface Validated {
  readonly result: string | Dropped;
  readonly ownLength?: number;
  readonly steps: readonly string[];
}

/** @param part a beginning of `whole`. */
function validated(
  part: string,
  whole: string,
  situation: AnswerSituation,
  steps: readonly string[],
): Validated {
  if (namesMissing(part, situation))
    return { result: { dropped: "unknown-name" }, steps: [...steps, "names"] };
  const result = keepValid(part, situation, /^[ \t]*\n/.test(whole.slice(part.length)));
  const ownLength = typeof result === "string" ? ownLengthOf(result, part) : undefined;
  return {
    result,
    ...(ownLength !== undefined && { ownLength }),
    steps: [...steps, ...(part === whole ? [] : ["confidence"]), ...(result === part ? [] : ["syntax"])],
  };
}

/** Whether the place stands behind a dot and the language server had not told the members yet. */
export function awaitsMembers({ syntax, offered }: AnswerSituation): boolean {
  return offered === undefined && syntax?.context.memberOf !== undefined;
}

/** A silent answer is kept too: the same place would get the same answer, unless members are known by then. */
export function cachedAnswer(
  { result, confidence, ownLength }: Digest,
  situation: AnswerSituation,
): CachedAnswer {
  const kept = confidence === undefined ? {} : { confidence };
  if (typeof result !== "string") {
    return {
      text: "",
      shownLength: 0,
      silent: result.dropped,
      ...kept,
      ...(awaitsMembers(situation) && { isProvisional: true }),
    };
  }
  const own = ownLength === undefined ? {} : { ownLength };
  return { text: result, shownLength: result.length, ...own, ...kept };
}
