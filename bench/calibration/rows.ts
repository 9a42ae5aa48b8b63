import { type Features, featureNames } from "../../src/completion/features.ts";
import type { EvalCase } from "../eval/cases.ts";
import type { Prediction } from "../eval/predictions.ts";
import { score } from "../eval/score.ts";

/** A text that could have been shown, and whether a user would have taken it. */
export interface Row {
  /** The repository; what is learned on some is tried on another. */
  readonly group: string;
  readonly features: readonly number[];
  readonly isTaken: boolean;
  /** All candidates of a case weigh one together. */
  readonly weight: number;
}

/** Every candidate of every case, marked by the scorer as if it had been shown. */
export function rowsOf(cases: readonly EvalCase[], predictions: readonly Prediction[]): Row[] {
  const byId = new Map(predictions.map((each) => [each.id, each]));
  return cases.flatMap((each) => {
    const { candidates = [], replace = 0 } = byId.get(each.id) ?? {};
    return candidates.map(({ text, extent, features }) => {
      const [mark] = score([each], [{ id: each.id, completion: text, shown: true, replace }]);
      const isTaken = mark?.accepted === true || (extent === "part" && isWantedName(text, each, features));
      return { group: each.repo, features: vectorOf(features), isTaken, weight: 1 / candidates.length };
    });
  });
}

export function vectorOf(features: Features): number[] {
  return featureNames.map((name) => features[name]);
}

/** Behind a dot the right name is worth having, however short it is. */
function isWantedName(text: string, { truth_line }: EvalCase, { isKnownMember }: Features): boolean {
  const wanted = /^[\p{L}\p{N}_$]+/u.exec(truth_line)?.[0];
  return isKnownMember === 1 && text === wanted;
}
