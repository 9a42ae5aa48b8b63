import type { Log } from "../base/log.ts";
import type { ChatRequest, ModelClient } from "../model/modelClient.ts";
import { ModelError } from "../model/modelErrors.ts";
import { fixPrompt, type PromptProblem, withoutSecrets } from "../prompt/assistPrompt.ts";
import { estimateTokens } from "../prompt/tokenEstimate.ts";
import { type CheckPorts, type CheckResult, checkCandidate, type SeenProblem } from "./candidateChecks.ts";
import type { CheckRun } from "./checkCommand.ts";
import { fitAnswer } from "./fittedAnswer.ts";
import { withImports } from "./importLines.ts";
import { gainOf, leastGain, likelierEdits, type WeighedUnit, weighUnit } from "./likelierCode.ts";
import { collectAnswer, fencedCode, hasClosedBlock } from "./modelAnswer.ts";
import { type CodeRegion, lineAt, regionText } from "./region.ts";

export interface FixOptions {
  readonly model: ModelClient;
  readonly log: Log;
  readonly checks: CheckPorts;
  /** Candidates to try: the first greedy, the others sampled. */
  readonly candidates: number;
  readonly definitions: string;
  /** Longest answer; one that is cut there is held back, because applying it would take away the end of the region. */
  readonly maxAnswerTokens: number;
  /** Takes secrets out of what others report; the code itself is given as it is. */
  readonly maskSecrets: (text: string) => string;
  /** What stands around the region, in front of it when it is weighed. */
  readonly context: string;
  /** Nobody but the model says that something is wrong: what it finds no likelier than the code as it is, is held back. */
  readonly isSearch: boolean;
  /** New text of the region to try first. */
  readonly known?: string;
  readonly onProgress: (message: string) => void;
  /** Told of every candidate, also of those that are held back; both fields are absent where the answer held no code. */
  readonly onCandidate?: (candidate: Partial<Fix>) => void;
}

export interface Fix {
  /** The whole document with the fix in it, `\n` line ends. */
  readonly text: string;
  readonly check: CheckResult;
}

export interface FixResult {
  /** The best candidate that passed every check; undefined when none did. */
  readonly fix?: Fix;
  /** Why the others were held back, in the order in which they came. */
  readonly refused: readonly string[];
  readonly cancelled: boolean;
}

/** Changes of one line that are tried before the model is asked. */
const mostEdits = 2;

/** A new text of the region; undefined where an answer held no code or not all of it. */
interface Candidate {
  readonly replacement: string | undefined;
  /** Lines for the head of the file. */
  readonly imports?: readonly string[];
  readonly isCut?: boolean;
  /** Found by weighing: good enough to look no further once it passes the checks. */
  readonly isLikelier: boolean;
  /** Where it is known already. */
  readonly gain?: number;
}

/**
 * Tries candidates one after the other, checks each, and stops at the first that leaves no problem, or that the model
 * finds much likelier where nothing else can tell; else the best one is taken. They are, where a bug is looked for, the
 * changes of one line that make the code likelier; then what the model answers, first greedily.
 * @param region the code that may change.
 * @param problems what the fix is for; empty to let the model look for the bug.
 * @param seenBefore problems of the whole document as the language server sees them.
 * @throws {ModelError} where no candidate is good enough before.
 */
export async function findFix(
  region: CodeRegion,
  problems: readonly PromptProblem[],
  seenBefore: readonly SeenProblem[],
  options: FixOptions,
  signal: AbortSignal,
): Promise<FixResult> {
  const old = regionText(region);
  const startLine = lineAt(region.text, region.range.start);
  const code = {
    path: region.path,
    languageId: region.languageId,
    text: old,
    startLine,
    definitions: options.definitions,
  };
  const messages = fixPrompt(
    code,
    problems.map((problem) => withoutSecrets(problem, options.maskSecrets)),
  );
  const target = gravest(problems).map(({ message }) => message);
  const refused: string[] = [];
  const seen = new Set<string>();
  let best: Fix | undefined;
  let tried = 0;
  const { runCommand } = options.checks;
  let before: Promise<CheckRun> | undefined;
  const passedBefore = async (): Promise<boolean> => {
    before ??= runCommand?.(region, region.text, signal);
    return (await before)?.passed ?? false;
  };
  const checks = { ...options.checks, passedBefore };
  try {
    const reading = { model: options.model, syntax: options.checks.syntax, context: options.context };
    const weighed = options.isSearch ? await weighUnit(region, reading, signal) : undefined;
    const lines = problems.map(({ line }) => line);
    for await (const candidate of candidates(region, { messages, lines }, weighed, options, signal)) {
      tried++;
      const { replacement } = candidate;
      if (replacement === undefined) {
        refused.push(candidate.isCut ? "the answer was cut off" : "the answer held no code");
        options.onCandidate?.({});
        continue;
      }
      const key = [...(candidate.imports ?? []), replacement].join("\n");
      if (seen.has(key)) continue;
      seen.add(key);
      options.onProgress("checking the fix");
      const place = await withImports(region, candidate.imports ?? [], options.checks.syntax);
      if (!place) {
        refused.push("needs an import, and it is not clear where it goes");
        options.onCandidate?.({});
        continue;
      }
      const check = await checkCandidate(place, replacement, target, seenBefore, checks, signal);
      signal.throwIfAborted();
      const gain =
        candidate.gain ??
        (weighed && check.ok && !check.proven
          ? await gainOf(weighed, `${replacement}\n`, reading, signal)
          : undefined);
      const judged = judge(check, gain);
      const text = place.text.slice(0, place.range.start) + replacement + place.text.slice(place.range.end);
      options.onCandidate?.({ text, check: judged });
      if (!judged.ok) {
        refused.push(judged.notes.join(", "));
        options.log.debug(`Fix: candidate ${tried} held back: ${judged.notes.join(", ")}`);
        continue;
      }
      const scored = { ...judged, score: judged.score + (gain ?? 0) / 10 };
      if (!best || scored.score > best.check.score) best = { text, check: scored };
      if (judged.proven || candidate.isLikelier) break;
    }
  } catch (error) {
    if (!signal.aborted && !(best && error instanceof ModelError)) throw error;
    if (best && !signal.aborted) {
      options.log.warn(`Fix: the model failed after ${tried} candidates: ${String(error)}`);
      const notes = [...best.check.notes, "the model failed before more could be tried"];
      best = { ...best, check: { ...best.check, notes } };
    }
  }
  return { refused, cancelled: signal.aborted, ...(best && { fix: best }) };
}

/** What a fix has to mend to be one: a warning that stays beside an error is no reason to hold back what mends the error. */
function gravest(problems: readonly PromptProblem[]): readonly PromptProblem[] {
  for (const kind of ["user", "error"]) {
    const found = problems.filter(({ severity }) => severity === kind);
    if (found.length > 0) return found;
  }
  return problems;
}

/** Holds a candidate back that nothing has proven and that the model itself finds hardly likelier. */
function judge(check: CheckResult, gain: number | undefined): CheckResult {
  if (!check.ok || check.proven || gain === undefined) return check;
  if (gain >= leastGain) return { ...check, notes: [...check.notes, "likelier to the model"] };
  return { ok: false, notes: ["no likelier to the model than the code as it is"], score: 0, proven: false };
}

interface Question {
  readonly messages: ChatRequest["messages"];
  /** Where the problems are reported, from 1 in the document. */
  readonly lines: readonly number[];
}

async function* candidates(
  region: CodeRegion,
  { messages, lines }: Question,
  weighed: WeighedUnit | undefined,
  options: FixOptions,
  signal: AbortSignal,
): AsyncGenerator<Candidate, void, undefined> {
  const { model, onProgress, candidates: most } = options;
  const old = regionText(region);
  if (options.known !== undefined) yield { replacement: options.known, isLikelier: true };
  if (weighed) {
    onProgress("reading the code");
    const reading = { model, syntax: options.checks.syntax, context: options.context };
    const edits = await likelierEdits(weighed, reading, signal);
    for (const { range, text, gain } of edits.slice(0, mostEdits)) {
      const [start, end] = [range.start - region.range.start, range.end - region.range.start];
      const replacement = old.slice(0, start) + text + old.slice(end);
      if (gain >= leastGain) yield { replacement, isLikelier: true, gain };
    }
  }
  const maxTokens = Math.min(options.maxAnswerTokens, estimateTokens(old) + 200);
  for (let attempt = 0; attempt < most; attempt++) {
    onProgress(attempt === 0 ? "writing a fix" : `trying another fix (${attempt + 1} of ${most})`);
    const request = { messages, maxTokens, temperature: attempt === 0 ? 0 : 0.7, seed: attempt };
    const answer = await collectAnswer(model, request, signal, hasClosedBlock);
    if (answer.cancelled) return;
    const isCut = answer.cut && !hasClosedBlock(answer.text);
    const written = isCut ? undefined : fencedCode(answer.text);
    const fitted =
      written === undefined ? undefined : await fitAnswer(region, written, lines, options.checks.syntax);
    yield { isCut, replacement: fitted?.replacement, imports: fitted?.imports ?? [], isLikelier: false };
  }
}
