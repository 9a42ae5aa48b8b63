import type { ChatMessage } from "../model/modelClient.ts";
import { cutToTokens, estimateTokens } from "./tokenEstimate.ts";

/** A problem that a compiler, a linter or a finder reported, with lines counted from 1 in the whole file. */
export interface PromptProblem {
  readonly line: number;
  readonly severity: string;
  readonly message: string;
  /** Who reported it, for example "ts". */
  readonly source?: string;
  /** Places that the report points to besides its own. */
  readonly related: readonly { readonly path: string; readonly line: number; readonly message: string }[];
}

/** A piece of code that the question is about. */
export interface PromptCode {
  readonly path: string;
  readonly languageId: string;
  readonly text: string;
  /** Line of the file on which `text` begins, from 1. */
  readonly startLine: number;
  /** Signatures of what the code calls, ready to read; empty for none. */
  readonly definitions: string;
}

const bugFinderRole =
  "You review code for real bugs: wrong results, crashes, missed edge cases, leaks, races, wrong operators, off-by-one errors. You ignore style. You answer in JSON only.";

/** Longer lists cost more to compile into a grammar than they help. */
const mostQuotes = 200;

/** The lines of a text that a finding may be about: each once, without those that hold brackets only. */
function quotableLines(text: string): readonly string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter((line) => /[\p{L}\p{N}]/u.test(line)))];
}

/**
 * JSON schema of the finder's answer. A quote can only be a line of the code, because small models would rather write
 * about a line than copy it. Few keys on purpose: every key that a small model must write costs quality.
 */
export function findingsSchema(text: string): Readonly<Record<string, unknown>> {
  const quotes = quotableLines(text);
  return {
    type: "object",
    properties: {
      findings: {
        type: "array",
        items: {
          type: "object",
          properties: {
            quote: quotes.length > 0 && quotes.length <= mostQuotes ? { enum: quotes } : { type: "string" },
            problem: { type: "string" },
            severity: { enum: ["error", "warning", "info"] },
          },
          required: ["quote", "problem", "severity"],
          additionalProperties: false,
        },
        maxItems: 5,
      },
    },
    required: ["findings"],
    additionalProperties: false,
  };
}

/** Asks for findings, each anchored by a verbatim quote of one line. */
export function findBugsPrompt(code: PromptCode): readonly ChatMessage[] {
  return [
    { role: "system", content: bugFinderRole },
    {
      role: "user",
      content: [
        codeBlock(code),
        'List the bugs in this code as {"findings":[{"quote","problem","severity"}]}.',
        "`quote` is the wrong line, copied exactly. `problem` says in one sentence what goes wrong and when.",
        'If the code is right, answer {"findings":[]}.',
      ].join("\n\n"),
    },
  ];
}

export const verdictSchema = {
  type: "object",
  properties: { reason: { type: "string" }, verdict: { enum: ["bug", "correct"] } },
  required: ["reason", "verdict"],
  additionalProperties: false,
} as const;

/** Asks to refute a finding; the verdict comes last so that the reason is written before it. */
export function refutePrompt(code: PromptCode, quote: string, problem: string): readonly ChatMessage[] {
  return [
    {
      role: "system",
      content:
        "You check reports about code and are hard to convince. Many reports are wrong. You answer in JSON only.",
    },
    {
      role: "user",
      content: [
        codeBlock(code),
        `Report about the line \`${quote.trim()}\`: ${problem}`,
        'Is the report right? Trace the code with an example first. Answer {"reason","verdict"} with verdict "bug" if the code really misbehaves, "correct" if it does not.',
      ].join("\n\n"),
    },
  ];
}

/** Asks for the whole corrected region in one fenced block. */
export function fixPrompt(code: PromptCode, problems: readonly PromptProblem[]): readonly ChatMessage[] {
  const task =
    problems.length > 0
      ? `Fix ${problems.length === 1 ? "this problem" : "these problems"}:\n${problemList(problems)}`
      : "Find and fix the bug in this code.";
  return [
    {
      role: "system",
      content:
        "You fix bugs with the smallest change that is right. You answer with the whole corrected code in one fenced block and nothing else. You keep everything that is not wrong exactly as it is.",
    },
    { role: "user", content: [codeBlock(code), task].join("\n\n") },
  ];
}

export const explainCode =
  "Explain the given code to a programmer who is new to it: its purpose in one or two sentences, how it works, and anything surprising or wrong.";

/**
 * Question and context of an explanation; they go to the chat as an ordinary turn.
 * @param subject the problem to explain; undefined explains the code.
 * @param problems what else is reported in the code.
 */
export function explainPrompt(
  code: PromptCode,
  subject: PromptProblem | undefined,
  problems: readonly PromptProblem[],
): { readonly question: string; readonly context: string } {
  const question = subject
    ? `Explain this problem in the given code: what the message means, why it arises here, and how to mend it.\n${problemText(subject)}`
    : explainCode;
  return { question, context: codeBlock(code) + reported(problems) };
}

/** Asks for an explanation that fits a hover. */
export function briefExplainPrompt(
  code: PromptCode,
  problems: readonly PromptProblem[],
): readonly ChatMessage[] {
  return [
    {
      role: "system",
      content:
        "You explain code in at most three short sentences of plain text: what it is for, and what is surprising or wrong. No headings, no lists, no code blocks.",
    },
    { role: "user", content: `${codeBlock(code)}${reported(problems)}\n\nWhat does this code do?` },
  ];
}

/** Asks for the region with a documentation comment, in one fenced block. */
export function documentPrompt(code: PromptCode): readonly ChatMessage[] {
  return [
    {
      role: "system",
      content:
        "You write documentation comments in the convention of the language: what it does, its parameters, what it returns, which errors it raises. You answer with the whole given code including the comment in one fenced block, and you change no code.",
    },
    { role: "user", content: `${codeBlock(code)}\n\nWrite the documentation comment of this code.` },
  ];
}

/** What is known about how a project tests. */
export interface TestConventions {
  /** For example "vitest"; undefined when nothing tells. */
  readonly framework: string | undefined;
  /** Path of the test file that is written. */
  readonly testPath: string;
  /** Beginning of a test that the project has already; undefined for none. */
  readonly example: { readonly path: string; readonly languageId: string; readonly text: string } | undefined;
}

/** Asks for a whole test file in one fenced block. */
export function testsPrompt(code: PromptCode, conventions: TestConventions): readonly ChatMessage[] {
  const { framework, testPath, example } = conventions;
  return [
    {
      role: "system",
      content:
        "You write tests: the usual case, edge cases and errors, each in a test of its own with a name that says what is expected. You answer with one whole test file in one fenced block and nothing else.",
    },
    {
      role: "user",
      content: [
        codeBlock(code),
        ...(example
          ? [`A test of this project, ${example.path}:\n${fenced(example.languageId, example.text)}`]
          : []),
        `Write the file ${testPath}${framework ? ` with ${framework}` : ""}. It imports what it tests from ${code.path}.`,
      ].join("\n\n"),
    },
  ];
}

/**
 * Cuts the code of a prompt to a budget, line by line from its end, and from its beginning where the place that it is about
 * would not be there otherwise.
 * @param line the place, as a line of the file from 1.
 * @returns the lines that are not there as a whole, 0 only where nothing is left out.
 */
export function fitCode(
  code: PromptCode,
  budgetTokens: number,
  line = code.startLine,
): { readonly code: PromptCode; readonly lost: number } {
  const definitions = cutToTokens(code.definitions, Math.floor(budgetTokens / 4));
  const room = budgetTokens - estimateTokens(definitions);
  const lines = code.text.split("\n");
  const first = firstLineFor(lines, Math.max(0, Math.min(line - code.startLine, lines.length - 1)), room);
  const rest = lines.slice(first).join("\n");
  const text = cutToTokens(rest, room);
  // A line that is too long by itself is cut in the middle.
  const isLastWhole = text.length === rest.length || rest[text.length] === "\n";
  const lost = lines.length - lineCount(text) + (isLastWhole ? 0 : 1);
  return { code: { ...code, definitions, text, startLine: code.startLine + first }, lost };
}

/** What stands in front of a place tells more about it than what comes behind. */
const shareBefore = 0.7;

/** The line with which code has to begin so that a line of it has its place in the room; both from 0. */
function firstLineFor(lines: readonly string[], wanted: number, room: number): number {
  const upTo = lines.slice(0, wanted + 1).join("\n");
  if (cutToTokens(upTo, room) === upTo) return 0;
  let first = wanted;
  let left = room * shareBefore;
  while (first > 0) {
    left -= estimateTokens(`${lines[first - 1]}\n`);
    if (left < 0) break;
    first--;
  }
  return first;
}

function codeBlock(code: PromptCode): string {
  const definitions = code.definitions
    ? `\n\nDefinitions that it uses:\n${fenced("", code.definitions)}`
    : "";
  return `${code.path}, from line ${code.startLine}:\n${fenced(code.languageId, code.text)}${definitions}`;
}

/** A block whose fence is longer than any run of backticks in the text. */
function fenced(languageId: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${languageId}\n${text}\n${fence}`;
}

function reported(problems: readonly PromptProblem[]): string {
  return problems.length === 0 ? "" : `\n\nReported here:\n${problemList(problems)}`;
}

/** More than this of one message, or more problems than that, say little and take the room of the code. */
const mostMessageCharacters = 600;
const mostProblems = 12;
const mostRelated = 4;
const mostCharacters = 4000;

function problemList(problems: readonly PromptProblem[]): string {
  const told: string[] = [];
  for (const text of problems.slice(0, mostProblems).map(problemText)) {
    if (told.length > 0 && told.join("\n").length + text.length > mostCharacters) break;
    told.push(text);
  }
  const more = problems.length - told.length;
  return [...told, ...(more > 0 ? [`- and ${more} more`] : [])].join("\n");
}

function short(message: string): string {
  return message.length > mostMessageCharacters ? `${message.slice(0, mostMessageCharacters)}…` : message;
}

function problemText(problem: PromptProblem): string {
  const from = problem.source ? ` (${problem.source})` : "";
  const related = problem.related
    .slice(0, mostRelated)
    .map((place) => `\n    see ${place.path} line ${place.line}: ${short(place.message)}`);
  return `- line ${problem.line}: ${problem.severity}${from}: ${short(problem.message)}${related.join("")}`;
}

/** A problem whose message quotes no secret, as compilers do with texts that do not fit a type. */
export function withoutSecrets(problem: PromptProblem, mask: (text: string) => string): PromptProblem {
  const related = problem.related.map((place) => ({ ...place, message: mask(place.message) }));
  return { ...problem, message: mask(problem.message), related };
}

function lineCount(text: string): number {
  return text.split("\n").length;
}
