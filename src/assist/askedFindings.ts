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
}

interface RawFinding {
  readonly quote: string;
  readonly problem: string;
  readonly severity: Suspect["severity"];
}

/** What the model reports about a unit when it is asked, to be refuted by asking again. */
export async function askedSuspects(
  unit: CodeRegion,
  code: PromptCode,
  options: AskOptions,
  signal: AbortSignal,
): Promise<readonly Suspect[]> {
  const reported = await ask(code, options, signal);
  return reported.map((one) => ({
    range: anchor(unit, one.quote),
    message: one.problem,
    severity: one.severity,
    judge: () => refute(code, one, options, signal),
  }));
}

async function ask(
  code: PromptCode,
  options: AskOptions,
  signal: AbortSignal,
): Promise<readonly RawFinding[]> {
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
    return [];
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

/** The findings of an answer; an answer that was cut in the middle still gives its complete ones. */
export function parseFindings(text: string): readonly RawFinding[] | undefined {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    const end = text.lastIndexOf("}");
    if (end === -1) return undefined;
    try {
      data = JSON.parse(`${text.slice(0, end + 1)}]}`);
    } catch {
      return undefined;
    }
  }
  const list = (data as { findings?: unknown } | null)?.findings;
  if (!Array.isArray(list)) return undefined;
  return list.filter(isRawFinding);
}

function isRawFinding(value: unknown): value is RawFinding {
  const finding = value as Partial<Record<keyof RawFinding, unknown>> | null;
  return (
    typeof finding?.quote === "string" &&
    typeof finding.problem === "string" &&
    finding.problem.trim() !== "" &&
    (finding.severity === "error" || finding.severity === "warning" || finding.severity === "info")
  );
}

/**
 * Finds a quoted line in the unit: the exact text, else the one line that is equal apart from white space. A quote of
 * several lines is anchored at its first line.
 */
export function anchor(unit: CodeRegion, quote: string): TextRange | undefined {
  const first = quote
    .split("\n")
    .find((line) => line.trim() !== "")
    ?.trim();
  if (!first || first.length < 2) return undefined;
  const squeezed = squeeze(first);
  let start = unit.range.start;
  for (const line of regionText(unit).split("\n")) {
    if (line.includes(first) || squeeze(line) === squeezed) {
      const at = line.indexOf(first);
      const from = at === -1 ? line.length - line.trimStart().length : at;
      const length = at === -1 ? line.trim().length : first.length;
      return { start: start + from, end: start + from + length };
    }
    start += line.length + 1;
  }
  return undefined;
}
