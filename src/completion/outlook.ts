import type { TokenProbability } from "../model/modelClient.ts";
import type { AnswerSituation } from "./answerSituation.ts";
import { LeadFilter } from "./healing.ts";
import { mayBeShown } from "./quietness.ts";
import type { Taste } from "./taste.ts";

/**
 * What the first token says of an answer of which nothing is decoded yet: that nothing of it will be shown, that the
 * user will most likely type just that, or neither.
 */
export type Outlook =
  | { readonly kind: "open" | "sure" }
  | { readonly kind: "hopeless"; readonly text: string; readonly tokens: readonly TokenProbability[] };

/** From this probability on decoding need not wait for a pause: what it brings is mostly what is typed next. */
const sureFrom = 0.7;

/**
 * @param foreseen the tokens with which an answer may begin, likeliest first; the first ones only.
 * @param lead what stands in the document already, with which the answer has to begin.
 */
export function outlookOf(
  foreseen: readonly TokenProbability[],
  lead: string,
  situation: AnswerSituation,
  quietness: number,
  taste: Pick<Taste, "corrected">,
): Outlook {
  if (lead === "" && foreseen[0]?.text === "") return { kind: "hopeless", text: "", tokens: [] };
  const agreeing = foreseen.filter(
    ({ text }) => text !== "" && (text.startsWith(lead) || lead.startsWith(text)),
  );
  const [best] = agreeing;
  if (!best) return { kind: "open" };
  const among = lead === "" ? 1 : agreeing.reduce((sum, { probability }) => sum + probability, 0);
  const first = { text: best.text, probability: best.probability / among };
  const behind = new LeadFilter(lead).take(first.text, [first]);
  if (behind === "differs" || behind.text.trim() === "") return { kind: "open" };
  if (!mayBeShown(behind.text, behind.tokens, situation, quietness, taste))
    return { kind: "hopeless", ...behind };
  return { kind: first.probability >= sureFrom ? "sure" : "open" };
}
