import type { Log } from "../base/log.ts";
import type { ModelClient } from "../model/modelClient.ts";
import {
  findBugsPrompt,
  findingsSchema,
  type PromptCode,
  refutePrompt,
  verdictSchema,
} from "../prompt/assistPrompt.ts";
import type { TextRange } from "../syntax/syntaxService.ts";
import { collectAnswer, probabilityOf } from "./modelAnswer.ts";
import { type CodeRegion, regionText, squeeze } from "./region.ts";
import type { Suspect } from "./suspect.ts";

export interface AskOptions {
  readonly model: ModelClient;
  readonly log: Log;
  readonly definitions: (unit: CodeRegion) => Promise<string>;
  /** Where findings are wanted; everywhere when undefined. */
  readonly isWanted?: (range: TextRange) => boolean;
}

interface RawFinding {
  readonly quote: string;
  readonly problem: string;
  readonly severity: Suspect["severity"];
}

/**
 * What the model reports about a unit when it is asked, to be refuted by asking again.
 * @returns undefined where its answer could not be read.
 */
export async function askedSuspects(
  unit: CodeRegion,
  code: PromptCode,
  options: AskOptions,
  signal: AbortSignal,
): Promise<readonly Suspect[] | undefined> {
  const reported = await ask(code, options, signal);
  return reported?.map((one) => ({
    range: anchor(unit, one.quote, options.isWanted),
    message: one.problem,
    severity: one.severity,
    judge: () => refute(code, one, options, signal),
  }));
}

async function ask(
  code: PromptCode,
  options: AskOptions,
  signal: AbortSignal,
): Promise<readonly RawFinding[] | undefined> {
  const answer = await collectAnswer(
    options.model,
    {
      messages: findBugsPrompt(code),
      maxTokens: 400,
      temperature: 0,
      jsonSchema: { name: "findings", schema: findingsSchema(code.text) },
    },
    signal,
  );
  if (answer.cancelled) return [];
  const findings = parseFindings(answer.text);
  if (!findings) {
    options.log.warn(
      `Find Bugs: the answer about ${code.path} line ${code.startLine} was not the JSON asked for`,
    );
  }
  return findings;
}

async function refute(
  code: PromptCode,
  finding: RawFinding,
  options: AskOptions,
  signal: AbortSignal,
): Promise<{ readonly stands: boolean; readonly confidence?: number }> {
  const answer = await collectAnswer(
    options.model,
    {
      messages: refutePrompt(code, finding.quote, finding.problem),
      maxTokens: 220,
      temperature: 0,
      jsonSchema: { name: "verdict", schema: verdictSchema },
      probabilities: true,
    },
    signal,
  );
  const verdict = /"verdict"\s*:\s*"(bug|correct)"/.exec(answer.text)?.[1];
  const stands = verdict === "bug";
  const probability = probabilityOf(stands ? "bug" : "correct", answer.tokens);
  if (probability === undefined) return { stands };
  return { stands, confidence: stands ? probability : 1 - probability };
}

/** Brackets in the words around the JSON that are tried as its beginning. */
const mostBeginnings = 20;

/**
 * The findings of an answer; an answer that was cut in the middle still gives its complete ones. A server that knows
 * nothing of schemas lets the model put the JSON into a block, or words around it, which may hold brackets of their own.
 */
export function parseFindings(text: string): readonly RawFinding[] | undefined {
  // Somewhere among words it may be a piece of code.
  if (/^\s*(?:```\w*\s*)?\[\s*\]\s*(?:```\s*)?$/.test(text)) return [];
  let beginnings = 0;
  for (const { index } of text.matchAll(/[{[]/g)) {
    if (++beginnings > mostBeginnings) break;
    const findings = findingsFrom(text.slice(index));
    if (findings) return findings;
  }
  return undefined;
}

/** The findings of a text that begins with them, whatever words come behind. */
function findingsFrom(text: string): readonly RawFinding[] | undefined {
  const json = text.slice(0, text.lastIndexOf("}") + 1);
  const whole = text.slice(0, closedAt(text));
  for (const each of [whole, json, `${json}]}`, `${json}]`]) {
    const data = parsed(each);
    const isList = Array.isArray(data);
    const list = isList ? data : (data as { findings?: unknown } | null | undefined)?.findings;
    // A list of something else, such as the [1] of a reference, is not the answer.
    if (!Array.isArray(list) || !list.every((one) => typeof one === "object")) continue;
    if (!isList || list.length > 0) return list.flatMap((one) => rawFinding(one) ?? []);
  }
  return undefined;
}

/** Where the bracket closes that a text begins with, brackets in texts aside; its end where it does not. */
function closedAt(text: string): number {
  let depth = 0;
  for (const { 0: piece, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (piece.startsWith('"')) continue;
    depth += piece === "{" || piece === "[" ? 1 : -1;
    if (depth === 0) return index + 1;
  }
  return text.length;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function rawFinding(value: unknown): RawFinding | undefined {
  const { quote, problem, severity } = (value ?? {}) as Partial<Record<keyof RawFinding, unknown>>;
  if (typeof quote !== "string" || typeof problem !== "string" || problem.trim() === "") return undefined;
  // Other words for it, such as "high", come from servers without schemas.
  const isKnown = severity === "error" || severity === "warning" || severity === "info";
  return { quote, problem, severity: isKnown ? severity : "warning" };
}

/**
 * Finds a quoted line in the unit: a line that is equal apart from white space, else one that holds the text, and of
 * several the first that is wanted. A quote of several lines is anchored at its first line.
 */
export function anchor(
  unit: CodeRegion,
  quote: string,
  isWanted: (range: TextRange) => boolean = () => true,
): TextRange | undefined {
  const first = quote
    .split("\n")
    .find((line) => line.trim() !== "")
    ?.trim();
  if (!first || first.length < 2) return undefined;
  const squeezed = squeeze(first);
  let start = unit.range.start;
  const places = regionText(unit)
    .split("\n")
    .map((line) => {
      const at = line.indexOf(first);
      const from = start + (at === -1 ? line.length - line.trimStart().length : at);
      start += line.length + 1;
      const range = { start: from, end: from + (at === -1 ? line.trim().length : first.length) };
      return { range, isEqual: squeeze(line) === squeezed, isHolder: at !== -1 };
    });
  const equal = places.filter(({ isEqual }) => isEqual);
  const fitting = equal.length > 0 ? equal : places.filter(({ isHolder }) => isHolder);
  return (fitting.find(({ range }) => isWanted(range)) ?? fitting[0])?.range;
}
