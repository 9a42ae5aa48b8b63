// Functions that run in the page; what they use of the browser's DOM is declared here, so that no other file sees it.
import type { ToView } from "../../src/chat/protocol.ts";

interface PageNode {
  contains(other: PageNode): boolean;
}

declare const document: { querySelector(selector: string): PageNode | null };
declare const window: { dispatchEvent(event: Event): boolean };
declare function requestAnimationFrame(draw: (at: number) => void): number;
declare class MutationObserver {
  constructor(seen: (records: readonly { readonly target: PageNode }[]) => void);
  observe(
    target: PageNode,
    what: { readonly subtree: boolean; readonly childList: boolean; readonly characterData: boolean },
  ): void;
  disconnect(): void;
}

/** Milliseconds from the message to the frame after the one that painted it. */
export async function openConversation(message: ToView): Promise<number> {
  const begun = performance.now();
  window.dispatchEvent(new MessageEvent("message", { data: message }));
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}

export interface StreamSeen {
  readonly tokens: number;
  readonly seconds: number;
  /** Milliseconds between frames, in their order. */
  readonly frameMs: readonly number[];
  /** Changes of the conversation that were not in the answer that streams. */
  readonly changesElsewhere: number;
}

export interface Streaming {
  readonly turnId: string;
  readonly tokens: readonly string[];
  readonly tokensPerSecond: number;
}

/** Streams tokens into a turn at a steady rate. (Self-contained: only its source reaches the page.) */
export async function streamInto({ turnId, tokens, tokensPerSecond }: Streaming): Promise<StreamSeen> {
  const list = document.querySelector("#turns");
  const answer = document.querySelector(`article[data-turn="${turnId}"]`);
  if (!list || !answer) throw new Error("the answer is not on the page");
  let changesElsewhere = 0;
  const observer = new MutationObserver((records) => {
    changesElsewhere += records.filter(({ target }) => !answer.contains(target)).length;
  });
  observer.observe(list, { subtree: true, childList: true, characterData: true });
  const frameMs: number[] = [];
  const begun = performance.now();
  let last = begun;
  let sent = 0;
  let offset = 0;
  while (sent < tokens.length) {
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frameMs.push(now - last);
    last = now;
    // Each token is a message of its own, as the extension sends them.
    const due = Math.min(tokens.length, Math.floor(((now - begun) / 1000) * tokensPerSecond));
    for (; sent < due; sent += 1) {
      const text = tokens[sent] ?? "";
      window.dispatchEvent(
        new MessageEvent("message", { data: { type: "delta", turnId, offset, text } satisfies ToView }),
      );
      offset += text.length;
    }
  }
  observer.disconnect();
  return { tokens: sent, seconds: (performance.now() - begun) / 1000, frameMs, changesElsewhere };
}
