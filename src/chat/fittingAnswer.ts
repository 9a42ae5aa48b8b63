import type { CompletionEvent, ModelClient } from "../model/modelClient.ts";
import { ModelError } from "../model/modelErrors.ts";
import type { AnswerRequest } from "./answerRequest.ts";
import type { ContextSize } from "./contextSize.ts";

/** More tries than this do not help a server that refuses for another reason. */
const mostTries = 3;

export interface Question {
  readonly model: ModelClient;
  readonly size: ContextSize;
  /** What is asked of a model that takes so many tokens. */
  readonly request: (contextTokens: number) => AnswerRequest;
  /** Told what it is asked with instead, before it is. */
  readonly onLess: (contextTokens: number) => void;
}

/**
 * Streams an answer. Where the model refuses the prompt as too large, it is asked again with less of the conversation and
 * of what goes along; the question itself stays whole.
 * @throws {ModelError} as the model does.
 */
export async function* fittingAnswer(
  { model, size, request, onLess }: Question,
  signal: AbortSignal,
): AsyncGenerator<CompletionEvent, void, undefined> {
  let tokens = size.tokens;
  for (let tries = 1; ; tries++) {
    let hasBegun = false;
    try {
      for await (const event of model.chat(request(tokens).request, signal)) {
        hasBegun = true;
        yield event;
      }
      return;
    } catch (error) {
      const isTooLarge = error instanceof ModelError && error.code === "context-overflow";
      if (!isTooLarge || hasBegun || tries === mostTries || signal.aborted) throw error;
      const less = size.afterRefusal(error.message, tokens);
      if (less === undefined || request(less).questionTooLong) throw error;
      onLess(less);
      tokens = less;
    }
  }
}

/** Says that less went along than was shown before. */
export function lessNotice(contextTokens: number): string {
  return `The model takes less than was thought: it was asked again as one of ${contextTokens.toLocaleString("en")} tokens, with less of what goes along.`;
}
