import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { readRecording, startRecording } from "../../bench/replay/insidePage.ts";
import { frames } from "../../bench/replay/measures.ts";
import { coder, llamaServer } from "../fakes/fakeKnownServers.ts";
import { FakeRoutesServer, type Routes, replyJson } from "../fakes/fakeRoutesServer.ts";
import { readGhostText } from "./support/insidePage.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const opening = "export function report(prices: number[], rate: number): number {\n";
const head = `${opening}  `;
const line = "const total = prices.map((price) => price * rate);";
const block = `${line}\n  return total[0];`;
const sureness = -0.01;

/** llama-server that goes on to `text`, as far as it is let. */
class SlowServer {
  readonly routes: Routes;
  readonly #text: string;
  readonly #waiting: (() => void)[] = [];
  #length = 0;

  constructor(text: string) {
    this.#text = text;
    const known = llamaServer(coder);
    this.routes = {
      ...known,
      "POST /infill": (request) => {
        const prefix = String(request.body["input_prefix"]);
        const isProbe = !prefix.startsWith("export function report");
        return isProbe
          ? (known["POST /infill"]?.(request) ?? replyJson(404, {}))
          : (response) => void this.#write(response, prefix.length);
      },
    };
  }

  /** Lets it write up to so many characters of the text. */
  allow(length: number): void {
    this.#length = length;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #write(response: ServerResponse, from: number): Promise<void> {
    response.writeHead(200, { "content-type": "text/event-stream" });
    let end = from;
    // Words with the blank in front and single characters, as tokenizers split code.
    for (const content of this.#text.slice(from).match(/ ?\w+|\n *|[^\w]/g) ?? []) {
      end += content.length;
      while (end > this.#length) await new Promise<void>((resolve) => this.#waiting.push(resolve));
      const probabilities = [{ id: 1, token: content, bytes: [], logprob: sureness, top_logprobs: [] }];
      const piece = { index: 0, content, tokens: [1], stop: false, completion_probabilities: probabilities };
      response.write(`data: ${JSON.stringify(piece)}\n\n`);
    }
    const last = { index: 0, content: "", stop: true, stop_type: "eos", tokens_evaluated: 20, timings: {} };
    response.end(`data: ${JSON.stringify(last)}\n\n`);
  }
}

describe("ghost text that grows", () => {
  it("does so in place, without a blank in between and without a key", async () => {
    const slow = new SlowServer(`${head}${block}\n}\n`);
    await using server = await FakeRoutesServer.start(slow.routes);
    const session = await Session.start({
      files: { "src/report.ts": `${opening}\n}\n` },
      settings: {
        "editor.autoIndent": "none",
        "wisp.backend": "server",
        "wisp.server.profiles": {
          slow: { url: `${server.origin}/v1`, completionModel: coder.id, fim: "infill" },
        },
        "wisp.server.profile": "slow",
      },
    });
    try {
      const { editor } = session;
      await editor.open("src/report.ts", 2, 1);
      await editor.type("  ");
      slow.allow(head.length + line.indexOf("(price"));
      const first = await editor.waitForGhostText();
      assert.ok(line.startsWith(first) && first.length < line.length, first);
      await editor.page.evaluate(`(${startRecording})(${readGhostText})`);
      slow.allow(Number.POSITIVE_INFINITY);
      await until(
        "all of the block is shown",
        20_000,
        () => editor.ghostText(),
        (text) => text === block,
      );
      await editor.screenshot("ghost-text-grown");
      const states = frames((await editor.page.evaluate(readRecording)).ghosts).map(({ text }) => text);
      assert.ok(states.length > 1, JSON.stringify(states));
      // The line and the lines below it are painted by different code, one a moment before the other.
      const firstLines = states.map((state) => state.split("\n")[0] ?? "");
      for (const [index, now] of firstLines.entries())
        assert.ok(now.startsWith(firstLines[index - 1] ?? first), JSON.stringify(states));
      assert.equal(states.at(-1), block);
      await editor.press("Tab");
      await until(
        "it is taken",
        10_000,
        () => editor.ghostText(),
        (text) => text === "",
      );
      await editor.save();
      assert.equal(await session.read("src/report.ts"), `${head}${block}\n}\n`);
    } catch (error) {
      await session.printTraces();
      throw error;
    } finally {
      await session.stop();
    }
  });
});
