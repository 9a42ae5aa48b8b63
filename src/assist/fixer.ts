import type { Log } from "../base/log.ts";
import type { ModelClient } from "../model/modelClient.ts";
import { fixPrompt, type PromptProblem } from "../prompt/assistPrompt.ts";
import { type CheckPorts, type CheckResult, checkCandidate, type SeenProblem } from "./candidateChecks.ts";
import { collectAnswer, fencedCode, hasClosedBlock } from "./modelAnswer.ts";
import { type CodeRegion, lineAt, regionText } from "./region.ts";

export interface FixOptions {
  readonly model: ModelClient;
  readonly log: Log;
  readonly checks: CheckPorts;
  /** Candidates to try: the first greedy, the others sampled. */
  readonly candidates: number;
  readonly definitions: string;
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

/**
 * Asks for candidates one after the other, checks each, and stops at the first that leaves no problem; else the best
 * one is taken.
 * @param region the code that may change.
 * @param problems what the fix is for; empty to let the model look for the bug.
 * @param before problems of the whole document as the language server sees them.
 * @throws {ModelError}
 */
export async function findFix(
  region: CodeRegion,
  problems: readonly PromptProblem[],
  before: readonly SeenProblem[],
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
  const messages = fixPrompt(code, problems);
  const target = problems.map((problem) => problem.message);
  const maxTokens = Math.min(1536, Math.ceil(old.length / 2.5) + 200);
  const refused: string[] = [];
  const seen = new Set<string>();
  let best: Fix | undefined;
  for (let attempt = 0; attempt < options.candidates; attempt++) {
    options.onProgress(
      attempt === 0 ? "writing a fix" : `trying another fix (${attempt + 1} of ${options.candidates})`,
    );
    const answer = await collectAnswer(
      options.model,
      { messages, maxTokens, temperature: attempt === 0 ? 0 : 0.7, seed: attempt },
      signal,
      hasClosedBlock,
    );
    if (answer.cancelled || signal.aborted) return { refused, cancelled: true, ...(best && { fix: best }) };
    const written = fencedCode(answer.text);
    if (written === undefined) {
      refused.push("the answer held no code");
      options.onCandidate?.({});
      continue;
    }
    const replacement = likeRegion(written, old);
    if (seen.has(replacement)) continue;
    seen.add(replacement);
    options.onProgress("checking the fix");
    const check = await checkCandidate(region, replacement, target, before, options.checks, signal);
    if (signal.aborted) return { refused, cancelled: true, ...(best && { fix: best }) };
    const text = region.text.slice(0, region.range.start) + replacement + region.text.slice(region.range.end);
    options.onCandidate?.({ text, check });
    if (!check.ok) {
      refused.push(check.notes.join(", "));
      options.log.debug(`Fix: candidate ${attempt + 1} held back: ${check.notes.join(", ")}`);
      continue;
    }
    if (!best || check.score > best.check.score) best = { text, check };
    if (check.proven) break;
  }
  return { refused, cancelled: false, ...(best && { fix: best }) };
}

/**
 * Gives a model's block the indentation and the line end of the region that it replaces: models write a method as if
 * it stood at the left margin.
 */
export function likeRegion(written: string, old: string): string {
  const oldIndent = indentOf(old);
  const newIndent = indentOf(written);
  const lines = written.replace(/\s+$/, "").split("\n");
  const moved =
    oldIndent === newIndent
      ? lines
      : lines.map((line) => {
          if (line.trim() === "") return "";
          return oldIndent + (line.startsWith(newIndent) ? line.slice(newIndent.length) : line.trimStart());
        });
  return moved.join("\n") + (old.endsWith("\n") ? "\n" : "");
}

function indentOf(text: string): string {
  const first = text.split("\n").find((line) => line.trim() !== "") ?? "";
  return first.slice(0, first.length - first.trimStart().length);
}
