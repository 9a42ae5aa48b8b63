import type { Log } from "../base/log.ts";
import type { ModelClient } from "../model/modelClient.ts";
import {
  findBugsPrompt,
  findingsSchema,
  type PromptCode,
  refutePrompt,
  verdictSchema,
} from "../prompt/assistPrompt.ts";
import type { SyntaxService, TextRange } from "../syntax/syntaxService.ts";
import { collectAnswer, probabilityOf } from "./modelAnswer.ts";
import { type CodeRegion, lineAt, regionText, splitIntoUnits } from "./region.ts";

export interface Finding {
  /** Range of the quoted text in the document, in offsets of its `\n` text. */
  readonly range: TextRange;
  readonly message: string;
  readonly severity: "error" | "warning" | "info";
  /** Probability that the second pass gave to "bug", 0 to 1; undefined where the backend does not tell. */
  readonly confidence?: number;
}

/** How many findings went which way, so that the user can be told why few or none are left. */
export interface FindingCounts {
  readonly reported: number;
  readonly notInTheCode: number;
  readonly known: number;
  /** Outside of the lines that were asked about. */
  readonly elsewhere: number;
  readonly refuted: number;
}

/** A problem that the user already sees; lines count from 1. */
export interface KnownProblem {
  readonly startLine: number;
  readonly endLine: number;
}

export interface FindBugsOptions {
  readonly model: ModelClient;
  readonly syntax: SyntaxService;
  readonly log: Log;
  /** Longest piece of code that is asked about at once, in characters. */
  readonly maxUnitCharacters: number;
  /** What language servers already report. */
  readonly known: readonly KnownProblem[];
  /** Findings outside of these ranges are dropped; undefined keeps all. */
  readonly only?: readonly TextRange[];
  /** Findings below this probability are dropped; has no effect without probabilities. */
  readonly leastConfidence: number;
  /** Takes secrets out of what the model sees. */
  readonly maskSecrets: (text: string) => string;
  /** Signatures of what the unit calls. */
  readonly definitions: (unit: CodeRegion) => Promise<string>;
  /** Called after each unit. */
  readonly onProgress: (done: number, total: number, found: readonly Finding[]) => void;
}

/** Half of the context is for the code; the rest for definitions, the report under doubt and the answer. */
export function findBugsLimits(
  contextTokens: number,
): Pick<FindBugsOptions, "maxUnitCharacters" | "leastConfidence"> {
  return { maxUnitCharacters: Math.max(600, (contextTokens - 1000) * 2), leastConfidence: 0.5 };
}

export interface FindBugsResult {
  readonly findings: readonly Finding[];
  readonly counts: FindingCounts;
  readonly cancelled: boolean;
}

interface RawFinding {
  readonly quote: string;
  readonly problem: string;
  readonly severity: Finding["severity"];
}

/**
 * Looks for bugs unit by unit: ask under a JSON schema, keep only what quotes text that exists, drop what a language
 * server says already, then ask the model to refute each one.
 * @throws {ModelError} when the backend fails; what was found before has been told through `onProgress`.
 */
export async function findBugs(
  region: CodeRegion,
  options: FindBugsOptions,
  signal: AbortSignal,
): Promise<FindBugsResult> {
  const units = await codeUnits(region, options);
  const findings: Finding[] = [];
  const counts = { reported: 0, notInTheCode: 0, known: 0, elsewhere: 0, refuted: 0 };
  for (const [index, unit] of units.entries()) {
    const code: PromptCode = {
      path: unit.path,
      languageId: unit.languageId,
      text: options.maskSecrets(regionText(unit)),
      startLine: lineAt(unit.text, unit.range.start),
      definitions: await options.definitions(unit),
    };
    const raw = await ask(code, options, signal);
    const found: Finding[] = [];
    for (const one of raw) {
      counts.reported++;
      const range = anchor(unit, one.quote);
      if (!range) {
        counts.notInTheCode++;
        continue;
      }
      if (options.known.some((problem) => onLines(problem, unit.text, range))) {
        counts.known++;
        continue;
      }
      if (
        options.only &&
        !options.only.some((wanted) => wanted.start <= range.end && range.start <= wanted.end)
      ) {
        counts.elsewhere++;
        continue;
      }
      if ([...findings, ...found].some((other) => other.range.start === range.start)) continue;
      const verdict = await refute(code, one, options, signal);
      if (signal.aborted) break;
      if (!verdict.stands || (verdict.confidence ?? 1) < options.leastConfidence) {
        counts.refuted++;
        continue;
      }
      const { confidence } = verdict;
      found.push({
        range,
        message: one.problem,
        severity: one.severity,
        ...(confidence !== undefined && { confidence }),
      });
    }
    if (signal.aborted) return { findings, counts, cancelled: true };
    findings.push(...found);
    options.onProgress(index + 1, units.length, found);
  }
  return { findings, counts, cancelled: false };
}

/** Units without a single name hold comments and plain texts only, in which there is nothing to find. */
async function codeUnits(
  region: CodeRegion,
  { maxUnitCharacters, syntax }: FindBugsOptions,
): Promise<readonly CodeRegion[]> {
  const units = await splitIntoUnits(region, maxUnitCharacters, syntax);
  const outline = await syntax.outline(region.languageId, region.text);
  return outline ? units.filter((unit) => outline.usesIn(unit.range).length > 0) : units;
}

function onLines({ startLine, endLine }: KnownProblem, text: string, range: TextRange): boolean {
  return startLine <= lineAt(text, range.end) && endLine >= lineAt(text, range.start);
}

async function ask(
  code: PromptCode,
  options: FindBugsOptions,
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
  options: FindBugsOptions,
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

function squeeze(line: string): string {
  return line.replace(/\s+/g, "");
}
