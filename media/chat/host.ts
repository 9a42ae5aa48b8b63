import type { FromView } from "../../src/chat/protocol.ts";

/** What the view remembers by itself while VS Code hides and restores it. */
export interface ViewState {
  readonly conversationId: string;
  readonly scrollTop: number;
  /** At the end of the conversation, where a growing answer is followed. */
  readonly isAtEnd: boolean;
}

interface VsCodeApi {
  postMessage(message: FromView): void;
  getState(): ViewState | undefined;
  setState(state: ViewState): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The webview's only way to the extension; may be acquired once. */
export const host: VsCodeApi = acquireVsCodeApi();
