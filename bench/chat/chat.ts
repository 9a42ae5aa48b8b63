import { chromium, type Page } from "playwright-core";
import { startChatPage } from "../../scripts/testing/chatPageServer.ts";
import { chromiumArgs, ensureChromium } from "../../scripts/testing/chromium.ts";
import type { ToView, TurnView } from "../../src/chat/protocol.ts";
import { openConversation, streamInto } from "./insidePage.ts";

/** The chat's page in a browser, without an editor and a model. */
export interface ChatFigures {
  readonly turns: number;
  /** Median milliseconds from the conversation's message until it is painted. */
  readonly openMs: number;
  readonly stream: {
    readonly wantedTokensPerSecond: number;
    readonly tokensPerSecond: number;
    readonly framesPerSecond: number;
    readonly frameP95Ms: number;
    /** Share of the time in which the page's thread was at work. */
    readonly busyShare: number;
    /** Changes of the page outside the answer that streams; 0 when nothing else is drawn again. */
    readonly changesElsewhere: number;
  };
}

const turnCount = 500;
const tokensPerSecond = 200;

/** Opens a conversation of 500 turns and streams 200 tokens a second into its last answer. */
export async function chatFigures(quick: boolean): Promise<ChatFigures> {
  const server = await startChatPage();
  const browser = await chromium.launch({
    executablePath: await ensureChromium(),
    args: [...chromiumArgs],
  });
  try {
    const opened: number[] = [];
    for (let round = 0; round < (quick ? 3 : 7); round += 1) {
      const page = await newPage();
      opened.push(await page.evaluate(openConversation, conversation("complete")));
      await page.close();
    }
    const page = await newPage();
    await page.evaluate(openConversation, conversation("streaming"));
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Performance.enable");
    const busy = async (): Promise<number> => {
      const { metrics } = await cdp.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
    };
    const busyBefore = await busy();
    const tokens = tokensOf(quick ? 600 : 1500);
    const seen = await page.evaluate(streamInto, { turnId: "streaming", tokens, tokensPerSecond });
    const busySeconds = (await busy()) - busyBefore;
    return {
      turns: turnCount,
      openMs: quantile(opened, 0.5),
      stream: {
        wantedTokensPerSecond: tokensPerSecond,
        tokensPerSecond: seen.tokens / seen.seconds,
        framesPerSecond: seen.frameMs.length / seen.seconds,
        frameP95Ms: quantile(seen.frameMs, 0.95),
        busyShare: busySeconds / seen.seconds,
        changesElsewhere: seen.changesElsewhere,
      },
    };
  } finally {
    await browser.close();
    server.close();
  }

  async function newPage(): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 380, height: 760 } });
    await page.addInitScript(() => {
      const nothing = () => undefined;
      Object.assign(globalThis, {
        acquireVsCodeApi: () => ({ postMessage: nothing }),
      });
    });
    await page.goto(server.origin);
    return page;
  }
}

/** Questions and answers as they are in daily work: some prose, a list, a block of code in every answer. */
function conversation(last: TurnView["state"]): ToView {
  const turns = Array.from({ length: turnCount }, (_, n): TurnView => {
    const role = n % 2 === 0 ? "user" : "assistant";
    return turn(`turn-${n}`, role, role === "user" ? `How does part ${n} work?` : answer(n), "complete");
  });
  if (last === "streaming") turns.push(turn("streaming", "assistant", "", last));
  return { type: "conversation", id: "bench", turns, draft: "" };
}

function turn(id: string, role: TurnView["role"], text: string, state: TurnView["state"]): TurnView {
  return { id, role, text, state, places: [], version: { index: 1, count: 1 } };
}

function answer(n: number): string {
  return `Part ${n} keeps a **list** and sums it:

- it reads each \`value\`
- it adds them up

\`\`\`ts
export function sum${n}(values: readonly number[]): number {
  // Every value counts once.
  return values.reduce((all, value) => all + value, ${n});
}
\`\`\`

Call it with a list that is not empty.`;
}

/** An answer in pieces of about four characters, which is a token of English or code. */
function tokensOf(count: number): readonly string[] {
  let text = "";
  for (let n = 0; text.length < count * 4; n += 1) text += `${answer(n)}\n\n`;
  return Array.from({ length: count }, (_, n) => text.slice(n * 4, n * 4 + 4));
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
