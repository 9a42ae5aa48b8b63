import type { ModelClient, WeighedToken } from "../model/modelClient.ts";
import type { SyntaxService, TextRange } from "../syntax/syntaxService.ts";
import { stillParses } from "./candidateChecks.ts";
import { type CodeRegion, regionText, squeeze } from "./region.ts";

/** A change on one line with which the code is likelier to the model than it is. */
export interface LikelierEdit {
  /** What is replaced, in offsets of the document; empty for a line that is added in front of the line there. */
  readonly range: TextRange;
  readonly text: string;
  /** The line that is unlikely. */
  readonly line: TextRange;
  /** Logarithm (natural) of how many times likelier the code from the change on is with it. */
  readonly gain: number;
}

export interface LikelierOptions {
  readonly model: ModelClient;
  readonly syntax: SyntaxService;
  /** What the model reads in front of the code. */
  readonly context: string;
}

/** A place where the model would have written something else. */
interface Spot {
  readonly start: number;
  readonly token: WeighedToken;
  readonly instead: string;
  /** How much the model would rather: its probability of the other, times the logarithm of how many times likelier. */
  readonly pull: number;
}

interface PlacedToken extends WeighedToken {
  /** In the code, in characters. */
  readonly start: number;
}

/** With less gain a change is as likely wrong as right where there is a bug. */
export const leastGain = 3;

const mostSpots = 5;
/** An alternative below this share, or not this many times likelier than what is written, is chance. */
const leastAlternative = 0.1;
const leastRatio = 2;
/** Where the model would rather write something else by less than this, the change is seldom what was meant. */
const leastPull = 2.5;
/** A change is judged by the lines up to so many characters behind it. */
const judgedCharacters = 240;
/** Less code is likelier of itself: what a token costs on average is not gained by leaving it out. */
const costOfLeavingOut = 2;
const mostWordsOfLine = 14;
/** Private use: no vocabulary joins it with what stands in front, so its place is where the next token would stand. */
const nextMark = "\uE000";

/** A unit with the probability of each of its tokens. */
export interface WeighedUnit {
  readonly unit: CodeRegion;
  readonly code: string;
  readonly tokens: readonly PlacedToken[];
}

/**
 * @returns undefined where the backend cannot weigh a text.
 * @throws {ModelError}, or the signal's reason when it aborts.
 */
export async function weighUnit(
  unit: CodeRegion,
  { model, context }: LikelierOptions,
  signal: AbortSignal,
): Promise<WeighedUnit | undefined> {
  const code = `${regionText(unit)}\n`;
  const tokens = await model.weigh({ context, text: code }, signal);
  return tokens && { unit, code, tokens: placed(tokens) };
}

/**
 * Looks for changes of one line that make a unit likelier, as in a noisy channel: what was meant is what the model
 * expects and what is written is near it (Shannon 1948; for code, "naturalness" of bugs: Ray et al., ICSE 2016). Where
 * a token is much less likely than another, the line is written on greedily from the other one, and the change is
 * judged by the code that follows, which has to fit it better than it fits the line as it is.
 * @returns the likeliest first.
 * @throws {ModelError}, or the signal's reason when it aborts.
 */
export async function likelierEdits(
  weighed: WeighedUnit,
  options: LikelierOptions,
  signal: AbortSignal,
): Promise<readonly LikelierEdit[]> {
  const { unit, code } = weighed;
  const found: LikelierEdit[] = [];
  const seen = new Set([code]);
  for (const spot of await spotsIn(weighed, options.syntax)) {
    const written = await lineFrom(spot, code, options, signal);
    for (const change of changesAt(spot, code, written)) {
      const edited = code.slice(0, change.start) + change.text + code.slice(change.end);
      if (seen.has(edited)) continue;
      seen.add(edited);
      if (squeeze(edited) === squeeze(code)) continue;
      if ((await stillParses(unit, edited.slice(0, -1), options.syntax)) === false) continue;
      const gain = await gainOf(weighed, edited, options, signal);
      const at = unit.range.start;
      found.push({
        range: { start: at + change.start, end: at + change.end },
        text: change.text,
        line: lineRange(unit.text, at + spot.start),
        gain,
      });
    }
  }
  return found.sort((a, b) => b.gain - a.gain);
}

/**
 * Logarithm (natural) of how many times likelier a unit is as `edited`, from the first difference up to some lines
 * behind the last one.
 * @throws {ModelError}, or the signal's reason when it aborts.
 */
export async function gainOf(
  { code, tokens }: WeighedUnit,
  edited: string,
  { model, context }: LikelierOptions,
  signal: AbortSignal,
): Promise<number> {
  let same = 0;
  while (same < code.length && code[same] === edited[same]) same++;
  let after = 0;
  const most = Math.min(code.length, edited.length) - same;
  while (after < most && code.at(-1 - after) === edited.at(-1 - after)) after++;
  const first = tokens.findLast((token) => token.start <= same)?.start ?? 0;
  const lineEnd = code.indexOf("\n", code.length - after + judgedCharacters);
  const last = lineEnd === -1 ? code.length : lineEnd + 1;
  const text = edited.slice(first, edited.length - (code.length - last));
  const told = await model.weigh({ context: context + code.slice(0, first), text }, signal);
  // Another backend has taken over in between.
  if (!told) return Number.NEGATIVE_INFINITY;
  const own = tokens.filter(({ start }) => start >= first && start < last);
  const leftOut = Math.max(0, own.length - told.length);
  return logLikelihood(told) - logLikelihood(own) - leftOut * costOfLeavingOut;
}

function logLikelihood(tokens: readonly WeighedToken[]): number {
  return tokens.reduce((sum, { probability }) => sum + Math.log(Math.max(probability, 1e-12)), 0);
}

function placed(tokens: readonly WeighedToken[]): readonly PlacedToken[] {
  let start = 0;
  return tokens.map((token) => {
    const here = start;
    start += token.text.length;
    return { ...token, start: here };
  });
}

async function spotsIn({ unit, tokens }: WeighedUnit, syntax: SyntaxService): Promise<readonly Spot[]> {
  const outline = await syntax.outline(unit.languageId, unit.text);
  // How a function is called is known to its callers only.
  const signatures = (outline?.definitions ?? [])
    .filter(({ kind }) => kind === "function" || kind === "method" || kind === "class")
    .map(({ signature }) => signature);
  const inSignature = (at: number): boolean => signatures.some(({ start, end }) => start <= at && at < end);
  const all = tokens.flatMap((token) =>
    token.alternatives.slice(0, 2).flatMap(({ text: instead, probability }): readonly Spot[] => {
      if (probability < leastAlternative || probability < leastRatio * token.probability) return [];
      // Other white space, or a comment, is no other program.
      if (instead.trim() === "" || instead.trim() === token.text.trim()) return [];
      const pull = probability * Math.log(probability / Math.max(token.probability, 1e-9));
      return pull < leastPull ? [] : [{ start: token.start, token, instead, pull }];
    }),
  );
  const chosen: Spot[] = [];
  for (const spot of all.sort((a, b) => b.pull - a.pull)) {
    if (chosen.length === mostSpots) break;
    if (inSignature(unit.range.start + spot.start)) continue;
    if (await isCode(unit, spot, syntax)) chosen.push(spot);
  }
  return chosen;
}

/** Whether code stands at a spot, and what the model would write there is code too. */
async function isCode(unit: CodeRegion, spot: Spot, syntax: SyntaxService): Promise<boolean> {
  if (/^\s*(#|\/\/|\/\*|"""|''')/.test(spot.instead)) return false;
  const at = unit.range.start + spot.start;
  // The white space in front of a token belongs to it.
  const from = at + (spot.token.text.length - spot.token.text.trimStart().length);
  const cursor = await syntax.atCursor(
    `${unit.key}#weighed`,
    unit.languageId,
    unit.text.slice(0, from),
    unit.text.slice(from),
  );
  try {
    return !cursor || cursor.context.place === "code";
  } finally {
    cursor?.dispose();
  }
}

/** What the model writes from a spot up to the end of the line, with its other token first. */
async function lineFrom(
  spot: Spot,
  code: string,
  { model, context }: LikelierOptions,
  signal: AbortSignal,
): Promise<string> {
  let written = spot.instead;
  for (let word = 0; word < mostWordsOfLine && !written.includes("\n"); word++) {
    const text = `${written}${nextMark}`;
    const tokens = await model.weigh({ context: context + code.slice(0, spot.start), text }, signal);
    const next = placed(tokens ?? []).find((token) => token.start === written.length)?.alternatives[0]?.text;
    if (!next) break;
    written += next;
  }
  return written.split("\n")[0] ?? "";
}

interface Change extends TextRange {
  readonly text: string;
}

/** The rest of the line anew, the one token anew, and at the beginning of a line one more line. */
function changesAt(spot: Spot, code: string, written: string): readonly Change[] {
  const { start, token, instead } = spot;
  const text = written.trimEnd();
  if (text.trim() === "") return [];
  // The line would go on where it ends.
  if (token.text.startsWith("\n")) return [{ start, end: start, text }];
  const line = lineRange(code, start);
  const rest = { start, end: line.end, text };
  const before = code.slice(line.start, start);
  if (before.trim() === "") return [rest, { start: line.start, end: line.start, text: `${before}${text}\n` }];
  return [rest, { start, end: start + token.text.length, text: instead }];
}

function lineRange(text: string, at: number): TextRange {
  const end = text.indexOf("\n", at);
  return { start: text.lastIndexOf("\n", at - 1) + 1, end: end === -1 ? text.length : end };
}
