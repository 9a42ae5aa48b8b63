import assert from "node:assert/strict";
import { adders } from "./support/adders.ts";
import { isRunning, Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const cart = `export interface Item {
  readonly name: string;
  readonly price: number;
  readonly quantity: number;
}

/** Price of all items together, before tax. */
export function subtotal(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + item.price * item.quantity, 0);
}

/** Number of pieces in the cart. */

`;
const lastLine = cart.split("\n").length;
const typed = "export function countPieces(items: readonly Item[]): number {\n  return ";

describe("ghost text in VS Code, from the real model", () => {
  let session: Session;

  before(async () => {
    session = await Session.start({
      files: {
        "src/cart.ts": cart,
        "src/adders.ts": adders.text,
        "src/more.ts": adders.text,
        "src/other.ts": "export const unrelated = 1;\n",
        "py/words.py": python,
        "py/slugs.py": "\n",
      },
      // What is tested is the way to the screen; how sure the model must be is measured elsewhere.
      settings: { "editor.autoIndent": "none", "wisp.suggestions.quietness": "eager" },
    });
  });

  after(async () => {
    const { enginePid } = await session.wisp();
    await session.stop();
    if (enginePid === undefined) return;
    await until(
      "the engine ends with the editor",
      10_000,
      () => isRunning(enginePid),
      (running) => !running,
    );
  });

  afterEach(async function () {
    if (this.currentTest?.state === "failed") await session.printTraces();
  });

  it("has its prompt read where the cursor comes to rest, so that the first key reads next to nothing", async () => {
    const { editor } = session;
    const lastNumber = async () => Math.max(0, ...(await session.engineWork(0)).map(({ number }) => number));
    const readAt = async (line: number) => {
      const before = await lastNumber();
      await editor.open("src/cart.ts", line, 1);
      return until("the prompt is read", 60_000, async () =>
        (await session.engineWork(before)).find(
          ({ decodes, endedAt, promptAt }) => !decodes && endedAt && promptAt,
        ),
      );
    };
    await readAt(1);
    const atRest = await readAt(lastLine);
    await editor.type("e");
    const ofKey = await until("the key's own request", 30_000, async () =>
      (await session.engineWork(atRest?.number ?? 0)).find(({ endedAt }) => endedAt),
    );
    assert.ok(ofKey && ofKey.reused >= ofKey.prefixTokens, JSON.stringify({ atRest, ofKey }));
    assert.ok(ofKey.evaluated <= 8, JSON.stringify({ atRest, ofKey }));
    await editor.press("Backspace");
  });

  it("appears while typing, and Tab puts exactly it into the document", async () => {
    const { editor } = session;
    await editor.open("src/cart.ts", lastLine, 1);
    await editor.type(typed);
    // What was shown for an earlier key may still stand there.
    const ghost = await until("the ghost text of the last key", 60_000, async () => {
      const shown = await editor.ghostText();
      const [latest] = (await session.wisp()).traces;
      return latest?.outcome.kind === "shown" && latest.outcome.text === shown ? shown : "";
    });
    await editor.screenshot("ghost-text");
    await editor.press("Tab");
    await until(
      "the suggestion is taken",
      10_000,
      () => editor.ghostText(),
      (now) => now !== ghost,
    );
    await editor.save();
    const text = await session.read("src/cart.ts");
    assert.equal(text.slice(0, cart.length + typed.length), cart + typed);
    assert.ok(text.slice(cart.length + typed.length).startsWith(ghost), `${JSON.stringify(text)}\n${ghost}`);
  });

  it("is kept while its own text is typed, without asking the model again", async () => {
    const { editor } = session;
    await editor.open("src/adders.ts", adders.line, 1);
    await editor.type("  return ");
    const ghost = await editor.waitForGhostText();
    const before = await session.latestModelRequest();
    const steps = Math.min(8, (ghost.split("\n")[0] ?? "").length - 1);
    assert.ok(steps > 0, `too short to type through: ${ghost}`);
    for (let i = 0; i < steps; i += 1) {
      await editor.type(ghost[i] ?? "");
      const rest = ghost.slice(i + 1);
      await until(
        `the rest of the ghost text stays, and more may come behind it: ${rest}`,
        2_000,
        () => editor.ghostText(),
        (now) => now.startsWith(rest),
      );
    }
    assert.equal(await session.latestModelRequest(), before);
    // Half a line here would be what the next test's file is completed with.
    await editor.press("Tab");
  });

  it("comes back from the cache after delete and retype", async () => {
    const { editor } = session;
    await editor.open("src/more.ts", adders.line, 1);
    await editor.type("  return value");
    await editor.waitForGhostText();
    await until(
      "the model is done",
      30_000,
      async () => (await session.wisp()).status.kind,
      (kind) => kind === "ready",
    );
    const first = await editor.ghostText();
    const before = await session.latestModelRequest();
    await editor.press("Backspace", 3);
    await editor.type("lue");
    const again = await until("ghost text is back", 5_000, () => editor.ghostText());
    assert.ok(again.startsWith(first), `${first} -> ${again}`);
    assert.equal(await session.latestModelRequest(), before);
  });

  it("comes after a rest where nothing was sure enough at once", async () => {
    const { editor } = session;
    await session.updateSetting("wisp.suggestions.quietness", "balanced");
    await editor.open("py/slugs.py", 1, 1);
    await editor.type('def slugify(text):\n    """Lower-case text with dashes for spaces."""\n    ');
    await editor.waitForGhostText(60_000);
    await editor.screenshot("after-a-rest");
    // What has grown since is shown by requests of its own.
    const shown = (await session.wisp()).traces.filter(
      ({ uri, outcome }) => uri.endsWith("slugs.py") && outcome.kind === "shown",
    );
    const stages = shown.map((trace) => trace.stages.map(({ name }) => name).join(", "));
    assert.ok(
      stages.some((names) => names.includes("rest")),
      stages.join("\n"),
    );
    await session.updateSetting("wisp.suggestions.quietness", "eager");
  });

  it("comes again after the engine was killed", async () => {
    const { editor } = session;
    const { enginePid } = await session.wisp();
    assert.ok(enginePid !== undefined);
    process.kill(enginePid, "SIGKILL");
    await until(
      "the engine is gone",
      5_000,
      () => isRunning(enginePid),
      (running) => !running,
    );
    await editor.open("py/words.py", python.split("\n").length, 1);
    await editor.type("def longest_word(text: str) -> str:\n    return ");
    await editor.waitForGhostText(60_000);
    await editor.screenshot("after-engine-restart");
    const { enginePid: next } = await session.wisp();
    assert.ok(next !== undefined && next !== enginePid && isRunning(next));
  });
});

const python = `"""Counting words."""


def count_words(text: str) -> int:
    """Number of words in a text."""
    return len(text.split())


`;
