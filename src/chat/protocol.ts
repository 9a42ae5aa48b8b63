/**
 * What passes between the chat view (a webview) and the extension. The extension owns all state; the view draws
 * what it is told and reports what the user does. This is the only file of `src` that the webview's bundle sees.
 */

/** A piece of context that goes along with the next message, shown as a chip that can be pinned or removed. */
export interface ChipView {
  readonly id: string;
  readonly kind: "selection" | "file" | "symbol" | "problems" | "changes" | "folder" | "workspace" | "rules";
  readonly label: string;
  /** Tooltip: what exactly goes along. */
  readonly detail: string;
  /** Estimated cost in tokens. */
  readonly tokens: number;
  /** What of it the budget has room for: less than `tokens` when it is cut, 0 when it is not sent. */
  readonly sentTokens: number;
  /** A pinned chip no longer follows the active editor. */
  readonly pinned: boolean;
}

/** A place in the workspace that the answer was built on. */
export interface PlaceView {
  readonly path: string;
  /** First and last line, from 1. */
  readonly startLine: number;
  readonly endLine: number;
}

export interface TurnView {
  readonly id: string;
  readonly role: "user" | "assistant";
  /** Markdown for the assistant, plain text for the user. */
  readonly text: string;
  readonly state: "complete" | "streaming" | "stopped" | "failed";
  readonly error?: { readonly message: string; readonly hint: string };
  /** The model that answered because the server did not. */
  readonly standIn?: string;
  readonly places: readonly PlaceView[];
  /** Position among the versions of this turn, from 1; `count` 1 means that there is only one. */
  readonly version: { readonly index: number; readonly count: number };
}

/** Where the reader is, told by what stands at the upper edge of the view. */
export interface ScrollPosition {
  readonly turnId: string;
  /** Which paragraph, code block or the like of the turn, from 0. */
  readonly piece: number;
  /** How much of it is above the edge, in pixels; negative when it begins below. */
  readonly offset: number;
}

/** Another wording of a message as far as it is typed. */
export interface EditingView {
  readonly turnId: string;
  readonly text: string;
}

export interface ConversationSummary {
  readonly id: string;
  readonly title: string;
  /** Milliseconds since the epoch. */
  readonly updatedAt: number;
}

/** Something the user can pick while typing `/` or `#`. */
export interface SuggestionView {
  readonly insert: string;
  readonly label: string;
  readonly detail: string;
}

export type ToView =
  | {
      readonly type: "conversation";
      readonly id: string;
      readonly turns: readonly TurnView[];
      readonly draft: string;
      /** Absent at the end. */
      readonly scroll?: ScrollPosition | undefined;
      readonly editing?: EditingView | undefined;
    }
  | { readonly type: "turn"; readonly turn: TurnView }
  /** More text of a streaming turn. `offset` is the length that the view must have, else it asks for the whole. */
  | { readonly type: "delta"; readonly turnId: string; readonly offset: number; readonly text: string }
  | { readonly type: "history"; readonly items: readonly ConversationSummary[] }
  | {
      readonly type: "context";
      readonly chips: readonly ChipView[];
      readonly usedTokens: number;
      readonly budgetTokens: number;
      /** What would not go along with the draft if it were sent now; empty when everything does. */
      readonly notice: string;
    }
  /** The text of the input box, where it was changed on behalf of the user. */
  | { readonly type: "draft"; readonly text: string }
  | { readonly type: "status"; readonly busy: boolean; readonly model: string; readonly notice?: string }
  | { readonly type: "suggestions"; readonly query: string; readonly items: readonly SuggestionView[] }
  | { readonly type: "focus" };

/** What to do with a code block of an answer. */
export type CodeAction = "copy" | "insert" | "apply" | "newFile" | "terminal";

export type FromView =
  | { readonly type: "ready" }
  | { readonly type: "send"; readonly text: string }
  | { readonly type: "stop" }
  | { readonly type: "regenerate"; readonly turnId: string }
  | { readonly type: "edit"; readonly turnId: string; readonly text: string }
  /** What is typed in the place of a message; without `text`, that it is given up. */
  | {
      readonly type: "editing";
      readonly conversationId: string;
      readonly turnId: string;
      readonly text?: string | undefined;
    }
  | { readonly type: "showVersion"; readonly turnId: string; readonly step: -1 | 1 }
  | { readonly type: "draft"; readonly text: string }
  | {
      readonly type: "scrolled";
      readonly conversationId: string;
      readonly scroll?: ScrollPosition | undefined;
    }
  | { readonly type: "suggest"; readonly query: string }
  | { readonly type: "removeChip"; readonly id: string }
  | { readonly type: "pinChip"; readonly id: string }
  | { readonly type: "dropped"; readonly uris: readonly string[] }
  | {
      readonly type: "code";
      readonly action: CodeAction;
      readonly code: string;
      readonly language: string;
      readonly turnId: string;
    }
  | { readonly type: "copyText"; readonly text: string }
  | { readonly type: "openLink"; readonly href: string }
  | { readonly type: "openPlace"; readonly place: PlaceView }
  | { readonly type: "newConversation" }
  | { readonly type: "listHistory" }
  | { readonly type: "openConversation"; readonly id: string }
  | { readonly type: "renameConversation"; readonly id: string; readonly title: string }
  | { readonly type: "deleteConversation"; readonly id: string }
  | { readonly type: "deleteAll" }
  | { readonly type: "export"; readonly id: string };
