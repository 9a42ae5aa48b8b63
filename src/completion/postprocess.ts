import type { AnswerSituation } from "./answerSituation.ts";
import type { SilentReason } from "./outcome.ts";
import * as content from "./stepsOfContent.ts";
import * as shape from "./stepsOfShape.ts";

export interface Dropped {
  readonly dropped: SilentReason;
}

/** A pure treatment of an answer: the text to go on with, or why nothing is left to show. */
export type Step = (text: string, situation: AnswerSituation) => string | Dropped;

/** The order matters: first what the text is, then what it repeats, then what it breaks, last its edges. */
const steps: readonly (readonly [string, Step])[] = [
  ["line-ends", shape.normalizeLineEnds],
  ["broken-characters", shape.dropBrokenCharacters],
  ["typed-again", content.dropTypedAgain],
  ["comment", content.dropComment],
  ["leading-space", shape.fitLeadingSpace],
  ["indentation-style", shape.fitIndentationStyle],
  ["repeats-itself", content.cutRepetition],
  ["repeats-suffix", content.cutRepeatedSuffix],
  ["suffix-overlap", content.cutSuffixOverlap],
  ["brackets", content.balanceBrackets],
  ["repeats-above", content.dropRepeatedAbove],
  ["trailing-space", shape.dropTrailingSpace],
  ["empty", shape.dropEmpty],
];

export interface Processed {
  readonly result: string | Dropped;
  /** Names of the steps that changed or dropped the text. */
  readonly steps: readonly string[];
}

/** Makes a trimmed answer safe to accept. Works on `\n` line ends; {@link withLineEnds} comes last of all. */
export function postprocess(raw: string, situation: AnswerSituation): Processed {
  const changed: string[] = [];
  let text = raw;
  for (const [name, step] of steps) {
    const result = step(text, situation);
    if (typeof result !== "string") return { result, steps: [...changed, name] };
    if (result !== text) changed.push(name);
    text = result;
  }
  return { result: text, steps: changed };
}

export function withLineEnds(text: string, eol: "\n" | "\r\n"): string {
  return eol === "\n" ? text : text.replace(/\r?\n/g, eol);
}
