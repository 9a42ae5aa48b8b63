import { ApiError } from "./apiError.ts";
import type { FimTokens, TokenId, Vocabulary } from "./modelRuntime.ts";

export interface FimParts {
  readonly context: readonly { readonly filename: string; readonly text: string }[];
  readonly filename: string | undefined;
  readonly prefix: string;
  readonly suffix: string;
}

/**
 * The infill prompt as tokens, in the order prefix, suffix, middle; repo-level as in the Qwen2.5-Coder technical
 * report (arXiv 2409.12186) where the vocabulary has its tokens. Every part is tokenized on its own, so that an
 * unchanged part keeps its tokens and with them its place in the KV cache.
 * @throws {ApiError} `no-fim` when the vocabulary has no such tokens.
 */
export function fimPrompt(vocabulary: Vocabulary, parts: FimParts): TokenId[] {
  const { fim } = vocabulary;
  if (!fim) {
    throw new ApiError(
      "no-fim",
      "This model cannot fill in the middle: its file declares no tokens for it. It can still chat.",
    );
  }
  const text = (part: string): TokenId[] => (part === "" ? [] : vocabulary.tokenize(part));
  return [
    ...(vocabulary.bos === null ? [] : [vocabulary.bos]),
    ...contextTokens(fim, parts, text),
    ...(fim.middle === null
      ? [fim.suffix, ...text(parts.suffix), fim.prefix, ...text(parts.prefix)]
      : [fim.prefix, ...text(parts.prefix), fim.suffix, ...text(parts.suffix), fim.middle]),
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
