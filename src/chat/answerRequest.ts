import type { ChatRequest } from "../model/modelClient.ts";
import { type ChatPrompt, chatPrompt, chatSystemPrompt, type PromptTurn } from "../prompt/chatPrompt.ts";
import { cutToTokens, estimateTokens } from "../prompt/tokenEstimate.ts";

export interface AnswerRequest extends Omit<ChatPrompt, "messages"> {
  readonly request: ChatRequest;
}

/** A quarter of the context, within bounds, is kept for the answer. */
function answerTokens(contextTokens: number): number {
  return Math.max(256, Math.min(1536, Math.floor(contextTokens / 4)));
}

/** The workspace's own rules as far as they go along: a quarter of the context at most, the rest is for what is asked. */
export function fittedRules(rules: string, contextTokens: number): string {
  return cutToTokens(rules.trim(), Math.floor(contextTokens / 4));
}

/** What stands between context and question costs this many tokens at most. */
const joinTokens = 2;

/**
 * Tokens for what goes along with a question: half of the context together with the rules, the rest being for the
 * conversation and the answer, and no more than the question leaves.
 */
export function contextBudget(
  question: string,
  { contextTokens, rules }: { readonly contextTokens: number; readonly rules: string },
): number {
  const half = Math.floor(contextTokens / 2) - estimateTokens(fittedRules(rules, contextTokens));
  const system = estimateTokens(systemPrompt(rules, contextTokens));
  const left = contextTokens - answerTokens(contextTokens) - system - estimateTokens(question) - joinTokens;
  return Math.max(0, Math.min(half, left));
}

function systemPrompt(rules: string, contextTokens: number): string {
  const own = fittedRules(rules, contextTokens);
  return own ? `${chatSystemPrompt}\n\nRules of this workspace:\n${own}` : chatSystemPrompt;
}

/**
 * The request for an answer to the newest of `turns`, wherever it was asked: the chat view and VS Code's own chat.
 * @param contextTokens what the model takes, prompt and answer together.
 * @param rules joined to the system prompt; empty for none.
 */
export function answerRequest(
  turns: readonly PromptTurn[],
  { contextTokens, rules }: { readonly contextTokens: number; readonly rules: string },
): AnswerRequest {
  const maxTokens = answerTokens(contextTokens);
  const system = systemPrompt(rules, contextTokens);
  const { messages, ...fit } = chatPrompt(system, turns, contextTokens - maxTokens);
  return { request: { messages, maxTokens, temperature: 0.2 }, ...fit };
}
