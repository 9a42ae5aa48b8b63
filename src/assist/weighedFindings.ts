import type { TextRange } from "../syntax/syntaxService.ts";
import { type LikelierEdit, type LikelierOptions, likelierEdits, weighUnit } from "./likelierCode.ts";
import { type CodeRegion, regionText } from "./region.ts";
import type { Suspect } from "./suspect.ts";

export interface SurroundingsOptions {
  readonly maskSecrets: (text: string) => string;
  /** Longest code and what stands around it together, in characters. */
  readonly maxUnitCharacters: number;
}

export type WeighOptions = Pick<LikelierOptions, "model" | "syntax"> & SurroundingsOptions;

/** What is farther away helps little and is read anew for every unit. */
const mostSurroundings = 3000;
/** Lines of one unit that are reported; more would be chance. */
const mostLines = 2;

/**
 * Lines that the model would have written otherwise, with what it would have written.
 * @returns undefined where the backend cannot weigh a text.
 */
export async function weighedSuspects(
  unit: CodeRegion,
  options: WeighOptions,
  signal: AbortSignal,
): Promise<readonly Suspect[] | undefined> {
  const reading = { ...options, context: surroundings(unit, options) };
  const weighed = await weighUnit(unit, reading, signal);
  if (!weighed) return undefined;
  const edits = await likelierEdits(weighed, reading, signal);
  const best = new Map<number, LikelierEdit>();
  for (const edit of edits) if (!best.has(edit.line.start)) best.set(edit.line.start, edit);
  return [...best.values()].slice(0, mostLines).map((edit) => {
    const range = written(unit.text, edit.line);
    const { message, instead } = described(unit.text, range, edit);
    const judge = async () => ({ stands: true, confidence: confidenceOf(edit) });
    return { range, message, instead, severity: "warning", judge };
  });
}

/**
 * What stands around a unit, as the beginning of the file: what follows it first, so that what is directly in front of it
 * stays there. What does not fit is left out where it is farthest.
 */
export function surroundings(
  unit: CodeRegion,
  { maskSecrets, maxUnitCharacters }: SurroundingsOptions,
): string {
  const room = Math.max(0, Math.min(maxUnitCharacters - regionText(unit).length, mostSurroundings));
  const after = unit.text.slice(unit.range.end).trim();
  const before = unit.text.slice(0, unit.range.start).trim();
  const tail = after.slice(0, Math.max(Math.floor(room / 2), room - before.length));
  const head = before.slice(Math.max(0, before.length - (room - tail.length)));
  const parts = [unit.path, maskSecrets(tail), maskSecrets(head)].filter((part) => part !== "");
  return `${parts.join("\n\n")}\n\n`;
}

/** A line without the white space around it. */
function written(text: string, line: TextRange): TextRange {
  const whole = text.slice(line.start, line.end);
  const start = line.start + whole.length - whole.trimStart().length;
  return { start, end: Math.max(start, line.start + whole.trimEnd().length) };
}

function described(
  text: string,
  marked: TextRange,
  { range, line, text: put }: LikelierEdit,
): { readonly message: string; readonly instead: string } {
  const isAdded = range.start === range.end && put.endsWith("\n");
  const whole = text.slice(line.start, range.start) + put + text.slice(range.end, line.end);
  const before = isAdded
    ? `A line may be missing in front of this one: \`${put.trim()}\``
    : `This line may be wrong: \`${whole.trim()}\``;
  return {
    message: `${before} would be expected.`,
    instead: whole.slice(marked.start - line.start).trimEnd(),
  };
}

/**
 * Logistic in the gain. One half at a gain of 6, below which more than every second finding was wrong in programs of
 * which half had a bug (bench/REPORT.md); a user who looks for bugs at large has fewer.
 */
function confidenceOf({ gain }: LikelierEdit): number {
  return 1 / (1 + Math.exp(-(gain - 6) / 4));
}
