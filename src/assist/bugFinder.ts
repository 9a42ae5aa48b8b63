import type { Log } from "../base/log.ts";
import type { ModelClient } from "../model/modelClient.ts";
import type { PromptCode } from "../prompt/assistPrompt.ts";
import type { SyntaxService, TextRange } from "../syntax/syntaxService.ts";
import { askedSuspects } from "./askedFindings.ts";
import { type CodeRegion, lineAt, regionText, splitIntoUnits } from "./region.ts";
import type { Suspect } from "./suspect.ts";
import { weighedSuspects } from "./weighedFindings.ts";

export interface Finding {
  /** Range of the quoted text in the document, in offsets of its `\n` text. */
  readonly range: TextRange;
  readonly message: string;
  readonly severity: "error" | "warning" | "info";
  /** What would be expected in place of the range, where that is known. */
  readonly instead?: string;
  /** Probability, as the second pass sees it, that it is a bug, 0 to 1; undefined where the backend does not tell. */
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
  /** Takes what was found in a unit before the next one is read, so that it is kept whatever comes then. */
  readonly onUnit?: (unit: CodeRegion, found: readonly Finding[]) => Promise<void>;
}

/** More is not read in one request, which on a slow machine has to begin to answer within a minute. */
const mostUnitCharacters = 6000;

/** Half of the context is for the code; the rest for definitions, the report under doubt and the answer. */
export function findBugsLimits(
  contextTokens: number,
): Pick<FindBugsOptions, "maxUnitCharacters" | "leastConfidence"> {
  const room = Math.max(600, (contextTokens - 1000) * 2);
  return { maxUnitCharacters: Math.min(room, mostUnitCharacters), leastConfidence: 0.5 };
}

export interface FindBugsResult {
  readonly findings: readonly Finding[];
  readonly counts: FindingCounts;
  /** Parts that were looked at. */
  readonly parts: number;
  /** Those of them about which the model's answer could not be read, so that nothing is known about them. */
  readonly unread: number;
  readonly cancelled: boolean;
}

/**
 * Looks for bugs unit by unit: collects suspects, keeps only those about text that exists, drops what a language server
 * says already, then takes a second look at each one.
 * @throws {ModelError} when the backend fails; what was found before has been told through `onUnit`.
 */
export async function findBugs(
  region: CodeRegion,
  options: FindBugsOptions,
  signal: AbortSignal,
): Promise<FindBugsResult> {
  const units = await codeUnits(region, options);
  const findings: Finding[] = [];
  const counts = { reported: 0, notInTheCode: 0, known: 0, elsewhere: 0, refuted: 0 };
  let parts = 0;
  let unread = 0;
  for (const [index, unit] of units.entries()) {
    const found: Finding[] = [];
    const suspects = await suspectsIn(unit, options, signal).catch((error: unknown) => {
      if (signal.aborted) return [];
      throw error;
    });
    if (!suspects) unread++;
    for (const suspect of suspects ?? []) {
      if (signal.aborted) break;
      counts.reported++;
      const { range, message, severity, instead } = suspect;
      if (!range) {
        counts.notInTheCode++;
        continue;
      }
      if (options.known.some((problem) => onLines(problem, unit.text, range))) {
        counts.known++;
        continue;
      }
      if (!isWanted(range, options)) {
        counts.elsewhere++;
        continue;
      }
      if ([...findings, ...found].some((other) => other.range.start === range.start)) continue;
      const { stands, confidence } = await suspect.judge();
      if (signal.aborted) break;
      if (!stands || (confidence ?? 1) < options.leastConfidence) {
        counts.refuted++;
        continue;
      }
      found.push({
        ...{ range, message, severity },
        ...(instead !== undefined && { instead }),
        ...(confidence !== undefined && { confidence }),
      });
    }
    if (signal.aborted) return { findings, counts, parts, unread, cancelled: true };
    parts++;
    findings.push(...found);
    await options.onUnit?.(unit, found);
    options.onProgress(index + 1, units.length, found);
  }
  return { findings, counts, parts, unread, cancelled: false };
}

/**
 * Weighs what is written where the backend can, which finds more than asking with models that fit a laptop; asks
 * otherwise, and where a secret in the code keeps it from being weighed as it is.
 * @returns undefined where the answer could not be read.
 */
async function suspectsIn(
  unit: CodeRegion,
  options: FindBugsOptions,
  signal: AbortSignal,
): Promise<readonly Suspect[] | undefined> {
  const text = regionText(unit);
  const masked = options.maskSecrets(text);
  const weighed =
    masked === text && !signal.aborted ? await weighedSuspects(unit, options, signal) : undefined;
  if (weighed) return weighed;
  const code: PromptCode = {
    path: unit.path,
    languageId: unit.languageId,
    text: masked,
    startLine: lineAt(unit.text, unit.range.start),
    definitions: await options.definitions(unit),
  };
  return askedSuspects(unit, code, { ...options, isWanted: (range) => isWanted(range, options) }, signal);
}

function isWanted(range: TextRange, { only }: FindBugsOptions): boolean {
  return !only || only.some((wanted) => wanted.start <= range.end && range.start <= wanted.end);
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
