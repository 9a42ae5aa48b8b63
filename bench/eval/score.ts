import type { EvalCase } from "./cases.ts";
import type { Prediction } from "./predictions.ts";

/** One case's marks. */
export interface Row {
  readonly id: string;
  readonly kind: string;
  readonly language: string;
  readonly repo: string;
  readonly shown: boolean;
  /** The first line after insertion is the true one. */
  readonly exactLine: boolean;
  readonly exactBlock: boolean;
  /** Levenshtein ratio of the inserted first line and the true one, 0 when nothing is shown. */
  readonly editSimilarity: number;
  readonly blockSimilarity: number;
  /** Characters that agree with the truth from the start. */
  readonly prefixChars: number;
  readonly truthChars: number;
  /** A user would take it. */
  readonly accepted: boolean;
  /** Shown, not accepted and far from the truth. */
  readonly nuisance: boolean;
  /** Kind `cross_file`: the first identifier is the right one. */
  readonly identifierHit?: boolean;
  readonly latencyMs?: number;
}

export const folded = (text: string): string => text.replace(/\s+/g, " ").trim();

/** Marks every case; one without a prediction counts as nothing shown. */
export function score(cases: readonly EvalCase[], predictions: readonly Prediction[]): Row[] {
  const byId = new Map(predictions.map((prediction) => [prediction.id, prediction]));
  return cases.map((each) => rowOf(each, byId.get(each.id)));
}

/** A shorter text counts as accepted when this much of it is right. */
const partial = { leastChars: 8, leastShare: 0.8 };

function rowOf(each: EvalCase, prediction: Prediction | undefined): Row {
  const text = prediction?.completion ?? "";
  const shown = prediction !== undefined && prediction.shown !== false && text.trim() !== "";
  const left = each.prefix.slice(each.prefix.lastIndexOf("\n") + 1);
  const right = each.suffix.split("\n", 1)[0] ?? "";
  const first = firstLineOf(text);
  const rightAfter = text.replace(/^\n/, "").includes("\n") ? "" : right.slice(prediction?.replace ?? 0);
  const rightTrue = each.truth_block.includes("\n") ? "" : right;
  const exactLine = shown && folded(left + first + rightAfter) === folded(left + each.truth_line + rightTrue);
  const offered = folded(text);
  const truth = folded(each.truth_block);
  const prefixChars = shown ? commonStart(offered, truth) : 0;
  const accepted = shown && (wholeLines(text, each, exactLine) || rightStart(offered, prefixChars, right));
  const editSimilarity = shown ? similarity(folded(first), folded(each.truth_line)) : 0;
  return {
    id: each.id,
    kind: each.kind,
    language: each.language,
    repo: each.repo,
    shown,
    exactLine,
    exactBlock: shown && offered === truth,
    editSimilarity,
    blockSimilarity: shown ? similarity(offered, truth) : 0,
    prefixChars,
    truthChars: truth.length,
    accepted,
    nuisance: shown && !accepted && editSimilarity < 0.5,
    ...(each.target_identifier && { identifierHit: shown && hitsIdentifier(text, each) }),
    ...(prediction?.latency_ms !== undefined && { latencyMs: prediction.latency_ms }),
  };
}

/** The first line with something on it. */
const firstLineOf = (text: string): string => text.split("\n").find((line) => line.trim() !== "") ?? "";

/** The first line is exact, and of more lines at least half are right in order. */
function wholeLines(text: string, each: EvalCase, exactLine: boolean): boolean {
  if (!exactLine) return false;
  const offered = linesOf(text);
  const truth = linesOf(each.truth_block);
  let right = 0;
  while (right < offered.length && right < truth.length && offered[right] === truth[right]) right++;
  return offered.length <= 1 || Math.max(1, right) * 2 >= offered.length;
}

const linesOf = (text: string): string[] => text.split("\n").map(folded).filter(Boolean);

/** Nearly all of it agrees from the start, and what does not agree is not just what stands right of the cursor. */
function rightStart(offered: string, agreeing: number, right: string): boolean {
  const over = offered.slice(agreeing);
  const doubled = over !== "" && folded(right).startsWith(over);
  return agreeing >= partial.leastChars && agreeing >= partial.leastShare * offered.length && !doubled;
}

function hitsIdentifier(text: string, each: EvalCase): boolean {
  const typed = /^[\w$]+/.exec(text.trimStart())?.[0] ?? "";
  return each.target_identifier?.slice(each.typed_chars) === typed;
}

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

const similarity = (a: string, b: string): number => {
  const longest = Math.max(a.length, b.length);
  return longest === 0 ? 1 : 1 - levenshtein(a, b) / longest;
};

/** Wagner and Fischer's table, two rows at a time. */
function levenshtein(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replace));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
