import type { Clock } from "../base/clock.ts";
import type { FimRequest, ModelClient, Usage } from "./modelClient.ts";

/** A place in code of which it is known what belongs there. */
export interface Hole {
  readonly path: string;
  readonly prefix: string;
  readonly suffix: string;
  /** What belongs there, as most people would write it. */
  readonly answer: string;
  readonly fits: RegExp;
  /** What a model writes that sees the prefix only. */
  readonly runsOn?: RegExp;
}

/** The first needs the prefix only; nobody can fill the second without the suffix, which alone knows the name. */
export const holes: readonly Hole[] = [
  {
    path: "add.py",
    prefix: "def add(a, b):\n    return ",
    suffix: "\n\n\nprint(add(2, 3))\n",
    answer: "a + b",
    fits: /^\s*\(?\s*(a \+ b|b \+ a)\s*\)?\s*(#.*)?(\n|$)/,
  },
  {
    path: "area.py",
    prefix: "def area(width, height):\n    ",
    suffix: "\n    return result\n",
    answer: "result = width * height",
    fits: /^\s*result\s*(:\s*\w+\s*)?=\s*(width \* height|height \* width)\s*(#.*)?(\n|$)/,
    runsOn: /^\s*(return\b|\w+\s*=)/,
  },
];

export type Verdict =
  /** Code that belongs there. */
  | "fits"
  /** Sentences or a code fence, as chat models answer. */
  | "chat-text"
  /** The prompt's own special tokens: the model does not know them as such. */
  | "special-tokens"
  /** Goes on as if nothing stood behind the cursor. */
  | "ignores-suffix"
  | "empty"
  /** Code, but not what belongs there. */
  | "wrong";

const fence = /^\s*```/m;
const chatty =
  /\b(sure|certainly|of course|here('s| is| are)|i('m| am| can|'ll| will)|you can|let me|the (missing|following|code|function|given)|it (seems|looks)|to (complete|fill)|this (code|function))\b/i;
/** Written in the style in which special tokens are; code has no such thing. */
const tokenLike =
  /<[|｜][^|｜\n]{1,30}[|｜]>|<\[[\w▁-]{3,30}\]>|<\/?(s|fim_\w+|PRE|SUF|MID|EOT|file_sep|repo_name|filename|reponame)>|\[(PREFIX|SUFFIX|INST)\]/;

export function judge(hole: Hole, text: string): Verdict {
  if (text.trim() === "") return "empty";
  // All of it is what a suggestion would show, also behind a first line that fits.
  if (fence.test(text)) return "chat-text";
  if (tokenLike.test(text)) return "special-tokens";
  if (hole.fits.test(text)) return "fits";
  if (hole.runsOn?.test(text)) return "ignores-suffix";
  return chatty.test(firstLine(text)) ? "chat-text" : "wrong";
}

function firstLine(text: string): string {
  return text.trimStart().split("\n", 1)[0] ?? "";
}

export interface SelfTest {
  readonly verdict: Verdict;
  /** The hole on which the verdict rests, with the actual answer. */
  readonly hole: Hole;
  readonly text: string;
  /** From the request to the first text and to the end, of the hole that was answered last. */
  readonly firstTextMs: number;
  readonly totalMs: number;
  /** More than one piece came. */
  readonly streams: boolean;
  readonly tellsProbabilities: boolean;
  readonly usage: Usage;
}

/** Has `client` fill the known holes, up to the first that it fails. Throws as the client does. */
export async function selfTest(client: ModelClient, clock: Clock, signal: AbortSignal): Promise<SelfTest> {
  let result: SelfTest | undefined;
  for (const hole of holes) {
    result = await fill(client, hole, clock, signal);
    if (result.verdict !== "fits") break;
  }
  if (!result) throw new Error("There is no hole to fill.");
  return result;
}

async function fill(client: ModelClient, hole: Hole, clock: Clock, signal: AbortSignal): Promise<SelfTest> {
  const started = clock.now();
  let firstTextMs: number | undefined;
  let text = "";
  let pieces = 0;
  let tellsProbabilities = false;
  let usage: Usage = {};
  for await (const event of client.complete(requestOf(hole), signal)) {
    if (event.type === "done") usage = event.usage;
    else {
      firstTextMs ??= clock.now() - started;
      pieces++;
      text += event.text;
      tellsProbabilities ||= event.tokens !== undefined;
    }
  }
  signal.throwIfAborted();
  const totalMs = clock.now() - started;
  return {
    verdict: judge(hole, text),
    hole,
    text,
    firstTextMs: firstTextMs ?? totalMs,
    totalMs,
    streams: pieces > 1,
    tellsProbabilities,
    usage,
  };
}

function requestOf({ path, prefix, suffix }: Hole): FimRequest {
  return {
    context: [],
    path,
    prefix,
    suffix,
    maxTokens: 24,
    temperature: 0,
    candidates: 1,
    stop: [],
  };
}
