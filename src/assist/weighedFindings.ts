import { type LikelierEdit, type LikelierOptions, likelierEdits } from "./likelierCode.ts";
import { type CodeRegion, regionText } from "./region.ts";
import type { Suspect } from "./suspect.ts";

export interface WeighOptions extends Pick<LikelierOptions, "model" | "syntax"> {
  readonly maskSecrets: (text: string) => string;
  /** Longest code and longest context, in characters. */
  readonly maxUnitCharacters: number;
}

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
  const edits = await likelierEdits(unit, { ...options, context: surroundings(unit, options) }, signal);
  if (!edits) return undefined;
  const best = new Map<number, LikelierEdit>();
  for (const edit of edits) if (!best.has(edit.line.start)) best.set(edit.line.start, edit);
  return [...best.values()].slice(0, mostLines).map((edit) => ({
    range: written(unit.text, edit.line),
    message: message(unit, edit),
    severity: "warning",
    judge: async () => ({ stands: true, confidence: confidenceOf(edit) }),
  }));
}

/**
 * What stands around a unit, as the beginning of the file: what follows it first, so that what is directly in front of it
 * stays there. What does not fit is left out where it is farthest.
 */
export function surroundings(unit: CodeRegion, { maskSecrets, maxUnitCharacters }: WeighOptions): string {
  const room = Math.max(0, maxUnitCharacters - regionText(unit).length);
  const after = unit.text.slice(unit.range.end).trim();
  const before = unit.text.slice(0, unit.range.start).trim();
  const tail = after.slice(0, Math.max(Math.floor(room / 2), room - before.length));
  const head = before.slice(Math.max(0, before.length - (room - tail.length)));
  const parts = [unit.path, maskSecrets(tail), maskSecrets(head)].filter((part) => part !== "");
  return `${parts.join("\n\n")}\n\n`;
}

/** A line without the white space around it. */
function written(text: string, line: { readonly start: number; readonly end: number }): Suspect["range"] {
  const whole = text.slice(line.start, line.end);
  const start = line.start + whole.length - whole.trimStart().length;
  return { start, end: Math.max(start, line.start + whole.trimEnd().length) };
}

function message({ text }: CodeRegion, { range, line, text: instead }: LikelierEdit): string {
  const isAdded = range.start === range.end && instead.endsWith("\n");
  if (isAdded) return `A line may be missing in front of this one: \`${instead.trim()}\` would be expected.`;
  const whole = text.slice(line.start, range.start) + instead + text.slice(range.end, line.end);
  return `This line may be wrong: \`${whole.trim()}\` would be expected.`;
}

/** Logistic in the gain. */
function confidenceOf({ gain }: LikelierEdit): number {
  return 1 / (1 + Math.exp(-(gain - 4) / 2));
}
