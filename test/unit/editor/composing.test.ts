import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { Emitter } from "../../../src/base/emitter.ts";
import { silentLog } from "../../../src/base/log.ts";
import { ChatSession } from "../../../src/chat/chatSession.ts";
import type { ContextItem } from "../../../src/chat/contextItem.ts";
import { ContextSize } from "../../../src/chat/contextSize.ts";
import { ConversationStore } from "../../../src/chat/conversationStore.ts";
import { folderOnDisk } from "../../../src/chat/folderOnDisk.ts";
import { type Mention, mentionText } from "../../../src/chat/mentions.ts";
import { Composing } from "../../../src/editor/chat/composing.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import { scriptedChat } from "../../fakes/scriptedChat.ts";

const contextTokens = 2048;

function item(kind: ContextItem["kind"], label: string, text: string): ContextItem {
  return { id: `${kind}:${label}`, kind, label, detail: label, language: "", text, pinned: false };
}

describe("Composing", () => {
  let directory: string;
  let session: ChatSession;
  let composing: Composing;
  let clock: FakeClock;
  let kept: readonly ContextItem[];
  let gone: readonly string[];
  let staged: readonly ContextItem[];
  /** What the active editor shows, read when it is asked for. */
  let atCursor: readonly ContextItem[];
  const workspace: Readonly<Record<string, readonly ContextItem[]>> = {
    "#file:a.ts": [item("file", "a.ts", "const a = 1;")],
    "#file:long.ts": [item("file", "long.ts", "const long = 1;\n".repeat(2000))],
    "@workspace": [item("workspace", "x.ts", "x"), item("workspace", "y.ts", "y")],
    "#changes": [item("changes", "changes", "+ a line")],
  };

  beforeEach(async () => {
    directory = await fs.mkdtemp(path.join(os.tmpdir(), "wisp-composing-"));
    kept = [];
    gone = [];
    staged = [item("changes", "staged changes", "+ staged")];
    atCursor = [];
    clock = new FakeClock();
    let ids = 0;
    session = new ChatSession({
      model: () => scriptedChat([]).model,
      store: new ConversationStore(folderOnDisk(directory), silentLog),
      log: silentLog,
      now: () => 1,
      newId: () => `turn-${++ids}`,
      contextSize: new ContextSize({ assumed: () => contextTokens, modelName: () => "m" }),
      rules: () => "",
    });
    const nothing = new Emitter<void>();
    composing = new Composing({
      session,
      sources: {
        mentioned: async (mention: Mention) => workspace[mentionText(mention)] ?? [],
        stagedChanges: async () => staged,
      },
      context: {
        get items() {
          return kept;
        },
        onChange: nothing.listen,
        add: (added) => {
          kept = [...kept, { ...added, pinned: true }];
        },
        remove: (id) => {
          kept = kept.filter((one) => one.id !== id);
        },
        togglePin: () => undefined,
        refresh: async () => {
          kept = [...kept, ...atCursor];
        },
        reread: async () => gone,
      },
      rules: { text: "", onChange: nothing.listen, leaveOut: () => undefined },
      contextTokens: () => contextTokens,
      clock,
      log: silentLog,
    });
  });
  afterEach(async () => {
    composing.dispose();
    await fs.rm(directory, { recursive: true });
  });

  /** Types, and waits until the mentions have been looked up. */
  async function typed(draft: string): Promise<Extract<ReturnType<Composing["view"]>, { type: "context" }>> {
    const seen = new Promise<void>((resolve) => composing.onChange(resolve));
    session.setDraft(draft);
    clock.advance(1000);
    await seen;
    const view = composing.view();
    assert.equal(view.type, "context");
    return view as Extract<typeof view, { type: "context" }>;
  }

  it("shows what the draft mentions, with its cost, before anything is sent", async () => {
    const { chips, usedTokens, notice } = await typed("see #file:a.ts and @workspace");
    assert.deepEqual(
      chips.map(({ label }) => label),
      ["a.ts", "@workspace (2)"],
    );
    assert.equal(
      usedTokens,
      chips.reduce((sum, chip) => sum + chip.sentTokens, 0),
    );
    assert.equal(notice, "");
  });

  it("says before sending what is not there, what is cut and what finds no room", async () => {
    const { chips, notice } = await typed("#file:long.ts #file:a.ts #file:no.ts ");
    assert.ok((chips[0]?.sentTokens ?? 0) < (chips[0]?.tokens ?? 0), "the long one is cut");
    assert.equal(notice, "Nothing found for: #file:no.ts. No room left for: a.ts.");
  });

  it("shows less room for what goes along where the question is long", async () => {
    const short = await typed("#file:long.ts Why?");
    const long = await typed(`#file:long.ts ${"word ".repeat(800)}`);
    assert.ok(long.budgetTokens < short.budgetTokens);
    assert.ok(long.usedTokens <= long.budgetTokens && long.usedTokens > 0);
    assert.equal(long.notice, "");
  });

  it("takes the mention out of the draft with its chip", async () => {
    await typed("see #file:a.ts and @workspace");
    assert.equal(composing.removeChip("file:a.ts"), "see and @workspace");
    await typed("see and @workspace");
    assert.equal(composing.removeChip("workspace"), "see and ");
  });

  it("keeps what a mention stands for as a chip when it is pinned", async () => {
    await typed("see #file:a.ts");
    composing.togglePin("file:a.ts");
    const { chips } = await typed("");
    assert.deepEqual(
      chips.map(({ label, pinned }) => `${label} ${pinned}`),
      ["a.ts true"],
    );
  });

  it("takes what a mention stands for now, not what was pinned of it, and once", async () => {
    kept = [{ ...item("changes", "changes", "- what was there before"), pinned: true }];
    const composed = await composing.compose("See #changes", "See");
    assert.equal(typeof composed === "string" ? "" : composed.context.text, "changes:\n```\n+ a line\n```");
    const { chips } = await typed("See #changes");
    assert.deepEqual(
      chips.map(({ label, pinned }) => `${label} ${pinned}`),
      ["changes true"],
    );
  });

  it("refuses a question that the model cannot read, and says what to do", async () => {
    const refused = await composing.compose("x", "word ".repeat(2000));
    assert.match(typeof refused === "string" ? refused : "", /longer than the model can read\. Shorten it/);
    const { notice } = await typed("word ".repeat(2000));
    assert.equal(notice, refused);
  });

  it("reads the active editor anew before it sends", async () => {
    atCursor = [item("selection", "a.ts:1-2", "just selected")];
    const composed = await composing.compose("Why?", "Why?");
    assert.match(typeof composed === "string" ? "" : composed.context.text, /just selected/);
  });

  it("asks no command that has nothing to work on, unless it may be about what was said before", async () => {
    const explain = (): Promise<unknown> => composing.compose("/explain", "Explain.", { needs: "code" });
    assert.match(String(await explain()), /no code to look at/);
    assert.equal(typeof (await composing.compose("Hi", "Hi", { needs: undefined })), "object");
    staged = [];
    const commit = (): Promise<unknown> => composing.compose("/commit", "Write.", { needs: "stagedChanges" });
    assert.match(String(await commit()), /no changes/);
    await session.tell("Hi", "Good day.");
    assert.equal(typeof (await explain()), "object");
    assert.match(String(await commit()), /no changes/);
    atCursor = [item("file", "a.ts", "a")];
    await session.open();
    assert.equal(typeof (await explain()), "object");
  });

  it("sends the staged changes of a command that needs them, and names what is gone", async () => {
    gone = ["b.ts"];
    const composed = await composing.compose("/commit", "Write a message.", { needs: "stagedChanges" });
    assert.ok(typeof composed !== "string");
    assert.match(composed.context.text, /staged changes:\n```\n\+ staged/);
    assert.equal(composed.notice, "No longer there: b.ts.");
  });
});
