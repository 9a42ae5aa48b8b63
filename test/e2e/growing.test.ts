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
  hasEnded = false;

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
    this.hasEnded = true;
  }
}

describe("ghost text that grows", () => {
  let session: Session | undefined;
  let server: FakeRoutesServer | undefined;

  afterEach(async function () {
    if (this.currentTest?.state === "failed") await session?.printTraces();
    await session?.stop();
    await server?.[Symbol.asyncDispose]();
  });

  /** Types until a beginning of the block is shown. */
  async function begun() {
    const slow = new SlowServer(`${head}${block}\n}\n`);
    server = await FakeRoutesServer.start(slow.routes);
    session = await Session.start({
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
    const { editor } = session;
    await editor.open("src/report.ts", 2, 1);
    await editor.type("  ");
    slow.allow(head.length + line.indexOf("(price"));
    const first = await until("ghost text begins", 60_000, () => editor.ghostText());
    assert.ok(line.startsWith(first) && first.length < line.length, first);
    return { slow, session, editor, first };
  }

  it("does so in place, without a blank in between and without a key", async () => {
    const { slow, session, editor, first } = await begun();
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
  });

  it("does not come back when Escape has put it away", async () => {
    const { slow, editor } = await begun();
    await editor.press("Escape");
    await editor.waitForNoGhostText();
    await editor.page.evaluate(`(${startRecording})(${readGhostText})`);
    slow.allow(Number.POSITIVE_INFINITY);
    // The next key finds it whole, so all of it has come.
    await until("all of it was written", 20_000, () => slow.hasEnded);
    await editor.type("c");
    await until(
      "it is shown for the next key",
      20_000,
      () => editor.ghostText(),
      (text) => text === block.slice(1),
    );
    const { ghosts, keys } = await editor.page.evaluate(readRecording);
    const typedAt = keys.find(({ key }) => key === "c")?.at ?? 0;
    assert.deepEqual(
      ghosts.filter(({ at, text }) => at < typedAt && text !== ""),
      [],
    );
  });
});
