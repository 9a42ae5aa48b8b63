import type { TokenProbability } from "../model/modelClient.ts";
import type { AnswerSituation } from "./answerSituation.ts";
import { LeadFilter } from "./healing.ts";
import { mayBeShown } from "./quietness.ts";
import type { Taste } from "./taste.ts";

/** What the first token says of an answer of which nothing is decoded yet. */
export type Outlook =
  /** `sureness` 0 to 1: how little decoding need wait for a pause, because what it brings is what is typed next. */
  | { readonly kind: "open"; readonly sureness: number }
  /** Nothing of it will be shown. */
  | { readonly kind: "hopeless"; readonly text: string; readonly tokens: readonly TokenProbability[] };

/** Probabilities of what is known, mostly the first token, at which sureness begins and is complete. */
const unsureUpTo = 0.35;
const sureFrom = 0.7;

const unknown = { kind: "open", sureness: 0 } as const;

/**
 * @param foreseen the tokens with which an answer may begin, likeliest first; the first ones only.
 * @param lead what stands in the document already, with which the answer has to begin.
 * @param written what was written to the same prompt before, from its first token on.
 */
export function outlookOf(
  foreseen: readonly TokenProbability[],
  lead: string,
  situation: AnswerSituation,
  quietness: number,
  taste: Pick<Taste, "corrected">,
  written: readonly TokenProbability[] = [],
): Outlook {
  if (lead === "" && foreseen[0]?.text === "") return { kind: "hopeless", text: "", tokens: [] };
  const agreeing = foreseen.filter(
    ({ text }) => text !== "" && (text.startsWith(lead) || lead.startsWith(text)),
  );
  const [best] = agreeing;
  if (!best) return unknown;
  const among = lead === "" ? 1 : agreeing.reduce((sum, { probability }) => sum + probability, 0);
  const first = { text: best.text, probability: best.probability / among };
  const known = written[0]?.text === first.text ? [first, ...written.slice(1)] : [first];
  const behind = new LeadFilter(lead).take(known.map(({ text }) => text).join(""), known);
  if (behind === "differs") return unknown;
  if (behind.text.trim() === "")
    return endsHere(behind.text, situation) ? { kind: "hopeless", ...behind } : unknown;
  if (!mayBeShown(behind.text, behind.tokens, situation, quietness, taste))
    return { kind: "hopeless", ...behind };
  const sure = known.reduce((product, { probability }) => product * probability, 1);
  const sureness = (sure - unsureUpTo) / (sureFrom - unsureUpTo);
  return { kind: "open", sureness: Math.min(1, Math.max(0, sureness)) };
}

/** A line that is wanted alone ends at once: the model has nothing to add to it. */
function endsHere(text: string, { mode, lineLeft, goesOnBelow }: AnswerSituation): boolean {
  return text.includes("\n") && mode === "line" && lineLeft.trim() !== "" && !goesOnBelow;
}
