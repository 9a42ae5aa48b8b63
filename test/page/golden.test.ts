import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { type ChatPageServer, startChatPage } from "../../scripts/testing/chatPageServer.ts";
import { chromiumArgs, ensureChromium } from "../../scripts/testing/chromium.ts";
import type { ToView, TurnView } from "../../src/chat/protocol.ts";

/** An answer and what the page makes of it; both as lists of lines. */
interface GoldenAnswer {
  readonly name: string;
  readonly markdown: readonly string[];
  /** HTML without the buttons of code blocks. Filled in by `WISP_GOLDEN=write`, then read and judged by a person. */
  readonly html?: readonly string[];
}

const file = join(import.meta.dirname, "../golden/chat/answers.json");
const cases = JSON.parse(readFileSync(file, "utf8")) as readonly GoldenAnswer[];
const isWriting = process.env["WISP_GOLDEN"] === "write";

describe("golden: answers of the chat", function () {
  this.timeout(60_000);
  let server: ChatPageServer;
  let browser: Browser;
  let page: Page;
  const written: GoldenAnswer[] = [];

  before(async () => {
    server = await startChatPage();
    browser = await chromium.launch({ executablePath: await ensureChromium(), args: [...chromiumArgs] });
    page = await browser.newPage();
    await page.addInitScript(() => {
      Object.assign(window, { acquireVsCodeApi: () => ({ postMessage: () => undefined }) });
    });
    await page.goto(server.origin);
  });
  after(async () => {
    await browser?.close();
    server?.close();
    if (isWriting) writeFileSync(file, `${JSON.stringify(written, null, 2)}\n`);
  });

  for (const each of cases) {
    it(each.name, async () => {
      const text = each.markdown.join("\n");
      const html = async (id: string): Promise<readonly string[]> =>
        page.$eval(`article[data-turn="${id}"] > .body`, (body) => {
          const copy = body.cloneNode(true) as HTMLElement;
          for (const buttons of copy.querySelectorAll(".codeActions")) buttons.remove();
          return copy.innerHTML.trimEnd().split("\n");
        });
      const answer = (id: string, change: Partial<TurnView>): TurnView => ({
        id,
        role: "assistant",
        text: "",
        state: "complete",
        places: [],
        version: { index: 1, count: 1 },
        ...change,
      });
      const ids = { whole: `${each.name}, whole`, grown: `${each.name}, grown` };
      const messages: ToView[] = [
        {
          type: "conversation",
          id: each.name,
          draft: "",
          turns: [answer(ids.whole, { text }), answer(ids.grown, { state: "streaming" })],
        },
        ...[...text].map(
          (_, offset): ToView => ({
            type: "turn",
            turn: answer(ids.grown, { text: text.slice(0, offset + 1), state: "streaming" }),
          }),
        ),
      ];
      await page.evaluate((all) => {
        for (const data of all) window.dispatchEvent(new MessageEvent("message", { data }));
      }, messages);
      const whole = await html(ids.whole);
      assert.deepEqual(await html(ids.grown), whole, "drawn character by character it is the same");
      if (isWriting) written.push({ ...each, html: whole });
      else assert.deepEqual(whole, each.html);
    });
  }
});
