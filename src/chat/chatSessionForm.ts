import type { Log } from "../base/log.ts";
import type { ModelClient } from "../model/modelClient.ts";
import type { ContextSize } from "./contextSize.ts";
import type { ConversationStore } from "./conversationStore.ts";
import type { PlaceView } from "./protocol.ts";

/** What goes along with a question: text for the prompt and the places it came from. */
export interface QuestionContext {
  readonly text: string;
  readonly places: readonly PlaceView[];
}

/** Whether a message may be asked in the conversation that is on screen. */
export type IsMeant = (conversationId: string) => boolean;

export interface ChatSessionOptions {
  readonly model: () => ModelClient;
  readonly store: ConversationStore;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly contextSize: ContextSize;
  /** Joined to the system prompt: the workspace's own rules; empty for none. */
  readonly rules: () => string;
}

export type SessionEvent =
  | { readonly kind: "conversation" }
  | { readonly kind: "turn"; readonly turnId: string }
  | { readonly kind: "delta"; readonly turnId: string; readonly offset: number; readonly text: string }
  | { readonly kind: "busy"; readonly busy: boolean }
  /** The model has refused the prompt as too large and is asked with less. */
  | { readonly kind: "less"; readonly contextTokens: number }
  /** Another window has deleted what was on screen. */
  | { readonly kind: "deleted" }
  /** Saving has begun to fail. */
  | { readonly kind: "unsaved"; readonly reason: string };
