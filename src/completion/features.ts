import type { TokenProbability } from "../model/modelClient.ts";
import type { AnswerSituation } from "./answerSituation.ts";

/** What is known of a text before it is shown; the order is that of the model's weights. */
export const featureNames = [
  /** Logarithm of the probability of all of it. */
  "logProbability",
  /** Logarithm of its least likely token's probability. */
  "leastLogProbability",
  /** That probability itself, because the logarithm says little about the difference of half and one. */
  "probability",
  /** Logarithm of its length in characters. */
  "logLength",
  /** 1 where the line goes on behind it. */
  "isPart",
  /** 1 where only white space stands left of the cursor. */
  "beginsStatement",
  /** 1 where something stands right of the cursor on its line. */
  "isMidLine",
  /** 1 in the parentheses of a call. */
  "isArgument",
  /** Characters that are typed of the word at the cursor, at most six. */
  "typedOfWord",
  /** 1 behind a dot whose members are known. */
  "isKnownMember",
  /** Share of its names that the code around the cursor does not have. */
  "newNames",
] as const;

export type FeatureName = (typeof featureNames)[number];
export type Features = Readonly<Record<FeatureName, number>>;

const least = { log: -8, token: -5 };
const mostTyped = 6;
const names = /[\p{L}_$][\p{L}\p{N}_$]{2,}/gu;

export interface Spelled {
  readonly tokens: readonly TokenProbability[];
  /** The text's place in what the tokens spell. */
  readonly from: number;
  readonly to: number;
}

export interface Judged {
  readonly text: string;
  readonly extent: "line" | "part";
  readonly spelled: Spelled;
}

type FeatureReader = (judged: Judged) => Features;

/** An answer is judged at each of its tokens. */
const readers = new WeakMap<AnswerSituation, FeatureReader>();

/** Reads the features of texts for one place; what they share is worked out once. */
export function featureReader(situation: AnswerSituation): FeatureReader {
  const reader = readers.get(situation) ?? readerFor(situation);
  readers.set(situation, reader);
  return reader;
}

function readerFor({ before, after, lineLeft, lineRight, syntax, offered }: AnswerSituation): FeatureReader {
  const typed = /[\p{L}\p{N}_$]+$/u.exec(lineLeft)?.[0] ?? "";
  const around = new Set(`${before.slice(0, before.length - typed.length)}\n${after}`.match(names));
  const shared = {
    beginsStatement: lineLeft.trim() === "" ? 1 : 0,
    isMidLine: lineRight.trim() === "" ? 0 : 1,
    isArgument: syntax?.context.inCallArguments ? 1 : 0,
    typedOfWord: Math.min(mostTyped, typed.length),
    isKnownMember: offered ? 1 : 0,
  };
  return ({ text, extent, spelled }) => {
    const logs = logProbabilities(spelled);
    const sum = logs.reduce((a, b) => a + b, 0);
    const written = `${typed}${text}`.match(names) ?? [];
    return {
      ...shared,
      logProbability: Math.max(least.log, sum),
      leastLogProbability: Math.max(least.token, Math.min(0, ...logs)),
      probability: Math.exp(sum),
      logLength: Math.log(Math.max(1, text.trim().length)),
      isPart: extent === "part" ? 1 : 0,
      newNames: written.filter((name) => !around.has(name)).length / Math.max(1, written.length),
    };
  };
}

/** Of the tokens that spell the text, in order. */
export function logProbabilities({ tokens, from, to }: Spelled): number[] {
  const logs: number[] = [];
  let offset = 0;
  for (const { text, probability } of tokens) {
    const start = offset;
    offset += text.length;
    if (offset <= from) continue;
    if (start >= to) break;
    logs.push(Math.log(Math.max(1e-9, probability)));
  }
  return logs;
}
