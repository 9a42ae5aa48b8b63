import {
  type FindBugsOptions,
  type FindBugsResult,
  findBugs,
  findBugsLimits,
} from "../../src/assist/bugFinder.ts";
import { commandCheck } from "../../src/assist/checkCommand.ts";
import { type Fix, type FixResult, findFix } from "../../src/assist/fixer.ts";
import { type CodeRegion, growRange, lineAt } from "../../src/assist/region.ts";
import { surroundings } from "../../src/assist/weighedFindings.ts";
import type { Log } from "../../src/base/log.ts";
import { SecretScan } from "../../src/context/secretScan.ts";
import { usualContext } from "../../src/model/catalogue.ts";
import type { ModelClient } from "../../src/model/modelClient.ts";
import type { SyntaxService } from "../../src/syntax/syntaxService.ts";
import type { BugCase } from "./bugCase.ts";
import type { FindResult, FixOutcome, FixResultRow } from "./results.ts";
import type { Sandbox } from "./sandbox.ts";
import { TapedModel } from "./tapedModel.ts";

export interface Measuring {
  readonly model: ModelClient;
  readonly syntax: SyntaxService;
  readonly sandbox: Sandbox;
  readonly log: Log;
  /** Candidates per fix. */
  readonly samples: number;
}

/**
 * Looks for bugs in the whole source, as Find Bugs does without a selection and without a language server, and in the
 * version without the bug, where every finding is a false alarm.
 */
export async function measureFind(
  bug: BugCase,
  measuring: Measuring,
  signal: AbortSignal,
): Promise<FindResult | undefined> {
  const text = sourceOf(bug);
  const { sandbox } = measuring;
  const began = performance.now();
  const result = await look(bug, text, measuring, signal);
  if (result.cancelled) return undefined;
  const seconds = secondsSince(began);
  const findings: FindResult["findings"][number][] = [];
  for (const { range, message, severity, confidence, instead } of result.findings) {
    const lines = [lineAt(text, range.start), lineAt(text, range.end)] as const;
    const hit = bug.bugLines.some(([first, last]) => lines[0] <= last && lines[1] >= first);
    const changed =
      instead === undefined ? undefined : text.slice(0, range.start) + instead + text.slice(range.end);
    const mends =
      changed === undefined ? undefined : (await sandbox.run(bug, changed, bug.test, signal)).passed;
    findings.push({
      ...{ lines, hit, message, severity },
      ...(confidence !== undefined && { confidence }),
      ...(mends !== undefined && { mends }),
    });
  }
  const row = { kind: "find", id: bug.id, findings, counts: result.counts, seconds } as const;
  if (bug.fixed === undefined) return row;
  const clean = await look(bug, bug.fixed, measuring, signal);
  if (clean.cancelled) return undefined;
  const alarms = clean.findings.map(({ message, confidence }) => ({
    message,
    ...(confidence !== undefined && { confidence }),
  }));
  return { ...row, falseAlarms: alarms.length, alarms };
}

function look(
  bug: BugCase,
  text: string,
  { model, syntax, log }: Measuring,
  signal: AbortSignal,
): Promise<FindBugsResult> {
  const region: CodeRegion = { ...placeOf(bug), text, range: { start: 0, end: text.length } };
  const options = {
    ...readingLimits(),
    model,
    syntax,
    log,
    known: [],
    definitions: async () => "",
    onProgress: () => undefined,
  };
  return findBugs(region, options, signal);
}

/**
 * Fixes the function in which the bug lies, as Fix Bug does with the cursor there and without a reported problem: once
 * with the checks that need nothing from the user, once more over the same answers with the check command.
 */
export async function measureFix(
  bug: BugCase,
  { model, syntax, sandbox, log, samples }: Measuring,
  signal: AbortSignal,
): Promise<FixResultRow | undefined> {
  const text = sourceOf(bug);
  const lines = text.split("\n");
  const at = lines.slice(0, (bug.bugLines[0]?.[0] ?? 1) - 1).reduce((sum, line) => sum + line.length + 1, 0);
  const cursor: CodeRegion = { ...placeOf(bug), text, range: { start: at, end: at } };
  const region = { ...cursor, range: await growRange(cursor, [], syntax) };
  const passes = new Map<string, boolean>();
  const judge = async (candidate: string | undefined): Promise<boolean> => {
    if (candidate === undefined) return false;
    const known = passes.get(candidate) ?? (await sandbox.run(bug, candidate, bug.test, signal)).passed;
    passes.set(candidate, known);
    return known;
  };
  const taped = new TapedModel(model);
  const context = surroundings(region, readingLimits());
  const attempt = async (
    runCommand: Parameters<typeof findFix>[3]["checks"]["runCommand"],
    isSearch = true,
  ): Promise<{ readonly result: FixResult; readonly tried: readonly Partial<Fix>[] }> => {
    const tried: Partial<Fix>[] = [];
    const checks = { syntax, problemsOf: async () => undefined, runCommand };
    const asked = { definitions: "", context, maxAnswerTokens: Math.floor(usualContext / 2) };
    const { maskSecrets } = readingLimits();
    const options = { model: taped, log, checks, candidates: samples, ...asked, maskSecrets, isSearch };
    const result = await findFix(
      region,
      [],
      [],
      { ...options, onProgress: () => undefined, onCandidate: (candidate) => tried.push(candidate) },
      signal,
    );
    return { result, tried };
  };
  const outcome = async ({ result, tried }: Awaited<ReturnType<typeof attempt>>): Promise<FixOutcome> => {
    const held = tried.filter((candidate) => !candidate.check?.ok);
    const wrongly = await Promise.all(held.map((candidate) => judge(candidate.text)));
    return {
      shown: result.fix !== undefined,
      passes: result.fix !== undefined && (await judge(result.fix.text)),
      heldBack: held.length,
      heldBackWrongly: wrongly.filter(Boolean).length,
      notes: result.fix ? result.fix.check.notes : [...new Set(result.refused)],
    };
  };
  const began = performance.now();
  const plain = await attempt(undefined);
  if (plain.result.cancelled) return undefined;
  const seconds = secondsSince(began);
  // A check that nothing passes brings out every answer of the model.
  const raw = await attempt(async () => ({ passed: false, summary: "not judged" }), false);
  if (raw.result.cancelled) return undefined;
  const candidates: boolean[] = [];
  for (const candidate of raw.tried) candidates.push(await judge(candidate.text));
  const { check } = bug;
  const checked =
    check &&
    (await attempt((_region, proposed, stop) =>
      commandCheck((either) => sandbox.run(bug, proposed, check, either), stop),
    ));
  if (checked?.result.cancelled) return undefined;
  return {
    kind: "fix",
    id: bug.id,
    candidates,
    plain: await outcome(plain),
    ...(checked && { checked: await outcome(checked) }),
    seconds,
  };
}

function readingLimits(): ReturnType<typeof findBugsLimits> & Pick<FindBugsOptions, "maskSecrets"> {
  const secrets = new SecretScan();
  return { ...findBugsLimits(usualContext), maskSecrets: (code) => secrets.mask(code) };
}

function placeOf(bug: BugCase): Pick<CodeRegion, "key" | "path" | "languageId"> {
  return { key: `bug:${bug.id}`, path: bug.source, languageId: bug.languageId };
}

function sourceOf(bug: BugCase): string {
  const text = bug.files.get(bug.source);
  if (text === undefined) throw new Error(`The case ${bug.id} lacks its source ${bug.source}.`);
  return text;
}

function secondsSince(began: number): number {
  return Math.round((performance.now() - began) / 100) / 10;
}
