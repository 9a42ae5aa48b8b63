import type { Log } from "../base/log.ts";
import type { ModelClient } from "../model/modelClient.ts";
import type { ConversationStore } from "./conversationStore.ts";

export interface ChatSessionOptions {
  readonly model: () => ModelClient;
  readonly store: ConversationStore;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newId: () => string;
  /** Tokens that the model takes, prompt and answer together. */
  readonly contextTokens: () => number;
  /** Joined to the system prompt: the workspace's own rules; empty for none. */
  readonly rules: () => string;
}

export type SessionEvent =
  | { readonly kind: "conversation" }
  | { readonly kind: "turn"; readonly turnId: string }
  | { readonly kind: "delta"; readonly turnId: string; readonly offset: number; readonly text: string }
  | { readonly kind: "busy"; readonly busy: boolean }
  /** Another window has deleted what was on screen. */
  | { readonly kind: "deleted" }
  /** Saving has begun to fail. */
  | { readonly kind: "unsaved"; readonly reason: string };
