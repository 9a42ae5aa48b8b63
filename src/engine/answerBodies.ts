import type { AnswerEvent } from "./answer.ts";
import type { TextToken } from "./answerText.ts";
import type { TokenId, Vocabulary } from "./modelRuntime.ts";

type Done = Extract<AnswerEvent, { type: "done" }>;

export interface BodyOptions {
  readonly kind: "completion" | "chat";
  readonly model: string;
  /** Undefined: no probabilities. */
  readonly logprobs: number | undefined;
  readonly vocabulary: Vocabulary;
}

/** Writes answers in the shapes of the OpenAI protocol. */
export class AnswerBodies {
  readonly #options: BodyOptions;
  readonly #base: { readonly id: string; readonly created: number; readonly model: string };
  readonly #offsets = new Map<number, number>();

  constructor(options: BodyOptions) {
    this.#options = options;
    const id = `${options.kind === "chat" ? "chatcmpl" : "cmpl"}-${crypto.randomUUID()}`;
    this.#base = { id, created: Math.floor(Date.now() / 1000), model: options.model };
  }

  /** A piece of a stream; the first of a chat names the role. */
  chunk(index: number, tokens: readonly TextToken[], reason: "stop" | "length" | null): object {
    const isFirst = !this.#offsets.has(index);
    const logprobs = this.#logprobs(index, tokens);
    const text = textOf(tokens);
    if (this.#options.kind === "completion")
      return this.#head("text_completion", [{ index, text, logprobs, finish_reason: reason }]);
    const delta = { ...(isFirst && { role: "assistant" }), ...(tokens.length > 0 && { content: text }) };
    return this.#head("chat.completion.chunk", [{ index, delta, logprobs, finish_reason: reason }]);
  }

  /** The last piece of a stream that asked for its usage. */
  usageChunk(done: Done): object {
    const object = this.#options.kind === "chat" ? "chat.completion.chunk" : "text_completion";
    return { ...this.#head(object, []), ...costs(done) };
  }

  whole(alternatives: readonly { tokens: TextToken[]; reason: "stop" | "length" }[], done: Done): object {
    const isChat = this.#options.kind === "chat";
    const choices = alternatives.map(({ tokens, reason }, index) => ({
      index,
      ...(isChat
        ? { message: { role: "assistant", content: textOf(tokens), refusal: null } }
        : { text: textOf(tokens) }),
      logprobs: this.#logprobs(index, tokens),
      finish_reason: reason,
    }));
    return { ...this.#head(isChat ? "chat.completion" : "text_completion", choices), ...costs(done) };
  }

  #head(object: string, choices: readonly object[]): object {
    return { ...this.#base, object, choices };
  }

  #logprobs(index: number, tokens: readonly TextToken[]): object | null {
    const offset = this.#offsets.get(index) ?? 0;
    this.#offsets.set(index, offset + textOf(tokens).length);
    const { kind, logprobs } = this.#options;
    if (logprobs === undefined || tokens.length === 0) return null;
    return kind === "chat" ? this.#chatLogprobs(tokens) : this.#classicLogprobs(tokens, offset);
  }

  #classicLogprobs(tokens: readonly TextToken[], offset: number): object {
    let at = offset;
    return {
      tokens: tokens.map(({ text }) => text),
      token_logprobs: tokens.map(({ probability }) => log(probability)),
      top_logprobs: tokens.map((token) => Object.fromEntries(this.#alternatives(token))),
      text_offset: tokens.map(({ text }) => {
        const here = at;
        at += text.length;
        return here;
      }),
    };
  }

  #chatLogprobs(tokens: readonly TextToken[]): object {
    const entry = (token: string, logprob: number): object => ({ token, logprob, bytes: bytesOf(token) });
    const content = tokens.map((token) => ({
      ...entry(token.text, log(token.probability)),
      top_logprobs: this.#options.logprobs
        ? this.#alternatives(token).map(([text, logprob]) => entry(text, logprob))
        : [],
    }));
    return { content, refusal: null };
  }

  #alternatives(token: TextToken): [string, number][] {
    if (token.alternatives.length === 0) return [[token.text, log(token.probability)]];
    return token.alternatives.map((other) => [this.#text(other.token), log(other.probability)]);
  }

  #text(token: TokenId): string {
    return this.#options.vocabulary.detokenize([token], []);
  }
}

/** JSON has no infinity. */
function log(probability: number): number {
  return Math.max(-9999, Math.log(probability));
}

function textOf(tokens: readonly TextToken[]): string {
  return tokens.map(({ text }) => text).join("");
}

function bytesOf(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

function costs({ promptTokens, timings }: Done): object {
  return {
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: timings.predicted_n,
      total_tokens: promptTokens + timings.predicted_n,
      prompt_tokens_details: { cached_tokens: timings.cache_n },
    },
    timings,
  };
}
