import type { FromView } from "../../src/chat/protocol.ts";

interface VsCodeApi {
  postMessage(message: FromView): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The webview's only way to the extension; may be acquired once. */
export const host: VsCodeApi = acquireVsCodeApi();
