import { ApiError } from "./apiError.ts";
import type { FimTokens, TokenId, Vocabulary } from "./modelRuntime.ts";

export interface FimParts {
  readonly context: readonly { readonly filename: string; readonly text: string }[];
  readonly filename: string | undefined;
  readonly prefix: string;
  readonly suffix: string;
}

/** The most that is left free for the answer where a prompt has to be cut. */
const answerTokens = 128;
/** Start of the text, prefix, suffix and middle. */
const markTokens = 4;

/**
 * The infill prompt as tokens, in the order prefix, suffix, middle; repo-level as in the Qwen2.5-Coder technical
 * report (arXiv 2409.12186) where the vocabulary has its tokens. Every part is tokenized on its own, so that an
 * unchanged part keeps its tokens and with them its place in the KV cache. Where the model's context is too small for
 * all, the context of other files goes first, then what is far from the cursor.
 * @param contextSize tokens that prompt and answer may take together
 * @throws {ApiError} `no-fim` when the vocabulary has no such tokens.
 */
export function fimPrompt(vocabulary: Vocabulary, parts: FimParts, contextSize: number): TokenId[] {
  const { fim } = vocabulary;
  if (!fim) {
    throw new ApiError(
      "no-fim",
      "This model cannot fill in the middle: its file declares no tokens for it. It can still chat.",
    );
  }
  const text = (part: string): TokenId[] => (part === "" ? [] : vocabulary.tokenize(part));
  let context = contextTokens(fim, parts, text);
  let prefix = text(parts.prefix);
  let suffix = text(parts.suffix);
  const room = contextSize - Math.min(answerTokens, contextSize >> 2) - markTokens;
  if (context.length + prefix.length + suffix.length > room) {
    context = [];
    suffix = suffix.slice(0, Math.max(room >> 2, room - prefix.length));
    prefix = prefix.slice(Math.max(0, prefix.length + suffix.length - room));
  }
  return [
    ...(vocabulary.bos === null ? [] : [vocabulary.bos]),
    ...context,
    ...(fim.middle === null
      ? [fim.suffix, ...suffix, fim.prefix, ...prefix]
      : [fim.prefix, ...prefix, fim.suffix, ...suffix, fim.middle]),
  ];
}

function contextTokens(
  { repository, file }: FimTokens,
  { context, filename }: FimParts,
  text: (part: string) => TokenId[],
): TokenId[] {
  if (context.length === 0) return [];
  if (repository === null || file === null)
    return context.flatMap((other) => text(`${other.filename}\n${other.text}\n`));
  const others = context.flatMap((other) => [file, ...text(`${other.filename}\n${other.text}\n`)]);
  return [repository, ...text("workspace\n"), ...others, file, ...text(`${filename ?? "untitled"}\n`)];
}

/** The prompt of a plain continuation; special tokens written in it count as such, as in llama.cpp's server. */
export function plainPrompt(vocabulary: Vocabulary, prompt: string): TokenId[] {
  const tokens = vocabulary.tokenize(prompt, true);
  return vocabulary.bos === null || tokens[0] === vocabulary.bos ? tokens : [vocabulary.bos, ...tokens];
}
