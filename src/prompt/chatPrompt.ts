import type { ChatMessage } from "../model/modelClient.ts";
import { cutToTokens, estimateTokens } from "./tokenEstimate.ts";

export const chatSystemPrompt = [
  "You are Wisp, a programming assistant inside the user's editor.",
  "Answer briefly and precisely. Put code in fenced blocks that name the language.",
  "Rely on the code that is given; when something needed is missing, say what.",
].join(" ");

export interface PromptTurn {
  readonly role: "user" | "assistant";
  readonly text: string;
  /** Context that belongs to this turn, already rendered; empty for none. */
  readonly context: string;
}

export interface ChatPrompt {
  readonly messages: readonly ChatMessage[];
  /** Turns at the start of the conversation that found no room. */
  readonly droppedTurns: number;
  /** Places, in the list that was given, of earlier turns that stay without their context. */
  readonly bareTurns: readonly number[];
  /** True when the newest turn's context had to be cut. */
  readonly contextCut: boolean;
  /** True when the newest turn's own text leaves no room, so that the model would refuse it. */
  readonly questionTooLong: boolean;
}

/**
 * Fits a conversation into `budgetTokens`: the system prompt and the newest question always, then that question's
 * context, then earlier turns from the newest to the oldest. Earlier turns keep their text and lose their context
 * first, because the newest context is what the question is about.
 */
export function chatPrompt(system: string, turns: readonly PromptTurn[], budgetTokens: number): ChatPrompt {
  const newest = turns.at(-1);
  if (!newest) {
    const messages = [{ role: "system" as const, content: system }];
    return { messages, droppedTurns: 0, bareTurns: [], contextCut: false, questionTooLong: false };
  }
  let left = budgetTokens - estimateTokens(system) - estimateTokens(newest.text);
  const questionTooLong = left < 0;
  const context = cutContext(newest.context, Math.max(0, left));
  left -= estimateTokens(context);

  const earlier: ChatMessage[] = [];
  const bareTurns: number[] = [];
  let index = turns.length - 2;
  for (; index >= 0; index--) {
    const turn = turns[index];
    if (!turn) break;
    const whole = withContext(turn.context, turn.text);
    const content = estimateTokens(whole) <= left / 2 ? whole : turn.text;
    const cost = estimateTokens(content);
    if (cost > left) break;
    left -= cost;
    if (content !== whole) bareTurns.push(index);
    earlier.unshift({ role: turn.role, content });
  }
  // Chat templates expect the first message after the system prompt to be the user's.
  while (earlier[0]?.role === "assistant") {
    earlier.shift();
    index++;
  }
  return {
    messages: [
      { role: "system", content: system },
      ...earlier,
      { role: newest.role, content: withContext(context, newest.text) },
    ],
    droppedTurns: index + 1,
    bareTurns,
    contextCut: context !== newest.context,
    questionTooLong,
  };
}

/** Fences open and close in turn: one that the cut left open would take the question in. */
function cutContext(context: string, tokens: number): string {
  if (estimateTokens(context) <= tokens) return context;
  const closing = 8;
  const cut = cutToTokens(context, Math.max(0, tokens - closing));
  let open: string | undefined;
  for (const [, fence = "", info] of cut.matchAll(/^(`{3,})(.*)$/gm)) {
    if (open === undefined) open = fence;
    else if (fence.length >= open.length && info === "") open = undefined;
  }
  return open === undefined ? cut : `${cut}\n${open}`;
}

function withContext(context: string, text: string): string {
  return context ? `${context}\n\n${text}` : text;
}
