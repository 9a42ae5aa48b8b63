import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { silentLog } from "../../../src/base/log.ts";
import { ChatSession } from "../../../src/chat/chatSession.ts";
import { ContextSize } from "../../../src/chat/contextSize.ts";
import { branchOf, newConversation } from "../../../src/chat/conversation.ts";
import { ConversationStore } from "../../../src/chat/conversationStore.ts";
import { folderOnDisk } from "../../../src/chat/folderOnDisk.ts";
import type { Composed } from "../../../src/editor/chat/composing.ts";
import { Sending } from "../../../src/editor/chat/sending.ts";
import { emptyContext } from "../../fakes/emptyContext.ts";
import { scriptedChat } from "../../fakes/scriptedChat.ts";

describe("Sending", () => {
  let directory: string;
  let session: ChatSession;
  let sending: Sending;
  /** While the editor carried out a command. */
  let wasBusy: boolean | undefined;
  let store: ConversationStore;
  /** What the view was told, in order. */
  let told: string[];
  let compose: (question: string) => Promise<Composed | string>;

  beforeEach(async () => {
    directory = await fs.mkdtemp(path.join(os.tmpdir(), "wisp-sending-"));
    told = [];
    compose = async () => ({ context: emptyContext, notice: "" });
    let ids = 0;
    const { model } = scriptedChat(["One.", "Two."]);
    store = new ConversationStore(folderOnDisk(directory), silentLog);
    session = new ChatSession({
      model: () => model,
      store,
      log: silentLog,
      now: () => 1,
      newId: () => `turn-${++ids}`,
      contextSize: new ContextSize({ assumed: () => 4096, modelName: () => "m" }),
      rules: () => "",
    });
    sending = new Sending(
      {
        session,
        composing: { compose: (_text, question) => compose(question) },
        promptFiles: async () => [{ name: "shout", file: "shout.md", text: "Shout." }],
        slash: async (name) => {
          wasBusy = sending.busy;
          return name === "bugs" ? { text: "None found." } : undefined;
        },
      },
      {
        showBusy: () => undefined,
        say: (notice) => told.push(`notice: ${notice}`),
        showDraft: (text) => told.push(`draft: ${text}`),
        newConversation: () => session.open(),
      },
    );
  });
  afterEach(() => fs.rm(directory, { recursive: true }));

  const shown = (): readonly string[] => branchOf(session.conversation).map(({ text }) => text);

  it("asks, carries out what the editor can, and helps with the rest", async () => {
    await sending.send("Hi");
    await sending.send("/bugs");
    await sending.send("/shuot");
    assert.deepEqual(shown().slice(0, 4), ["Hi", "One.", "/bugs", "None found."]);
    assert.match(shown()[5] ?? "", /There is no command `\/shuot`[\s\S]*`\/shout`/);
    await sending.edit("turn-1", "Hello");
    assert.deepEqual(shown(), ["Hello", "Two."]);
    const before = session.conversation.id;
    await sending.edit("turn-1", "/clear");
    assert.deepEqual(shown(), []);
    assert.equal((await store.load(before))?.editing, undefined);
  });

  it("gives a message back that does not fit, before what was typed since", async () => {
    compose = async () => {
      sending.type("the next thought");
      return "Too long.";
    };
    await sending.send("Very long");
    assert.equal(session.conversation.draft, "Very long\nthe next thought");
    assert.deepEqual(told, ["draft: Very long\nthe next thought", "notice: Too long."]);
    assert.deepEqual(shown(), []);
  });

  it("gives a message back whose context cannot be put together, and no longer says that it searches", async () => {
    compose = async () => assert.fail("the index stopped");
    await assert.rejects(sending.send("Where? @workspace"), /the index stopped/);
    assert.deepEqual(told, ["notice: Searching the workspace…", "draft: Where? @workspace", "notice: "]);
    assert.equal(session.conversation.draft, "Where? @workspace");
  });

  it("asks nothing in a chat that was opened meanwhile, and gives the message back", async () => {
    const { id } = session.conversation;
    compose = async () => {
      await session.open(newConversation("other", 1));
      return { context: emptyContext, notice: "" };
    };
    await sending.send("Hi");
    assert.notEqual(session.conversation.id, id);
    assert.deepEqual(shown(), []);
    assert.equal(session.conversation.draft, "Hi");
    assert.match(told.at(-1) ?? "", /no longer open/);
  });

  /** Composing that ends when it is told to. */
  function slowly(): { readonly begun: Promise<void>; end(): void } {
    let [begin, end] = [(): void => {}, (): void => {}];
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    compose = async () => {
      begin();
      await ended;
      return { context: emptyContext, notice: "" };
    };
    return { begun, end: () => end() };
  }

  it("keeps a message with the draft until it stands in the chat, and is busy so long", async () => {
    const composing = slowly();
    sending.type("Hi");
    const sent = sending.send("Hi");
    assert.equal(sending.busy, true);
    await composing.begun;
    assert.deepEqual([session.conversation.draft, sending.typed], ["Hi", ""]);
    sending.type("and then");
    assert.deepEqual([session.conversation.draft, sending.typed], ["Hi\nand then", "and then"]);
    const seen: [draft: string, busy: boolean][] = [];
    session.onEvent(({ kind }) => kind === "delta" && seen.push([session.conversation.draft, sending.busy]));
    composing.end();
    await sent;
    assert.deepEqual(seen, [["and then", false]]);
    assert.deepEqual(
      [session.conversation.draft, sending.typed, sending.busy],
      ["and then", "and then", false],
    );
    assert.deepEqual(shown(), ["Hi", "One."]);
  });

  it("keeps another wording in the place of its message until it stands in the chat, and asks it once", async () => {
    await sending.send("Hi");
    const composing = slowly();
    sending.type("the next thought");
    const editing = { turnId: "turn-1", text: "Hello" };
    session.setEditing(session.conversation.id, "turn-1", "Hel");
    const edited = sending.edit("turn-1", "Hello");
    await composing.begun;
    await sending.edit("turn-1", "Hello");
    assert.deepEqual(session.conversation.editing, editing);
    await sending.stop();
    composing.end();
    await edited;
    assert.deepEqual(session.conversation.editing, editing, "stopped");
    assert.deepEqual(shown(), ["Hi", "One."]);
    await sending.edit("turn-1", "Hello");
    assert.deepEqual(shown(), ["Hello", "Two."]);
    assert.equal(session.conversation.editing, undefined);
    assert.equal(session.conversation.draft, "the next thought");
    assert.deepEqual(
      told.filter((what) => what.startsWith("draft")),
      [],
    );
  });

  it("says where another wording stands that comes too late", async () => {
    await sending.send("Hi");
    const { id } = session.conversation;
    compose = async () => {
      await session.open();
      return { context: emptyContext, notice: "" };
    };
    await sending.edit("turn-1", "Hello");
    assert.match(told.at(-1) ?? "", /no longer open\. It stands in that chat still/);
    assert.equal((await store.load(id))?.editing?.text, "Hello");

    await session.openKept(id);
    compose = async () => {
      await new ConversationStore(folderOnDisk(directory), silentLog).remove(id);
      return { context: emptyContext, notice: "" };
    };
    await sending.edit("turn-1", "Hello");
    assert.match(told.at(-1) ?? "", /no longer open\. It stands in the input box/);
    assert.equal(session.conversation.draft, "Hello");
  });

  it("gives back on Stop what waits to be asked", async () => {
    const composing = slowly();
    const sent = sending.send("Hi");
    await composing.begun;
    sending.type("and then");
    await sending.stop();
    assert.equal(sending.busy, false);
    composing.end();
    await sent;
    assert.deepEqual(shown(), []);
    assert.equal(session.conversation.draft, "Hi\nand then");
    assert.deepEqual(told, ["notice: ", "draft: Hi\nand then"]);
  });

  it("asks nothing that was stopped while it waited for the answer before to end", async () => {
    await sending.send("Hi");
    let stopped: Promise<void> | undefined;
    const isDeleted = store.isDeleted.bind(store);
    // What is asked first of all before a message may begin.
    store.isDeleted = async (id) => {
      stopped ??= sending.stop();
      return isDeleted(id);
    };
    await sending.send("And now?");
    await stopped;
    assert.deepEqual(shown(), ["Hi", "One."]);
    assert.equal(session.conversation.draft, "And now?");
    stopped = undefined;
    await sending.edit("turn-1", "Hello");
    await stopped;
    assert.deepEqual(shown(), ["Hi", "One."]);
  });

  it("asks in the order in which messages were sent", async () => {
    const composing = slowly();
    const first = sending.send("Same");
    await composing.begun;
    let asked = 0;
    compose = async () => {
      asked++;
      assert.equal(shown()[0], "Same", "the first was asked");
      return { context: emptyContext, notice: "" };
    };
    const second = sending.send("Same");
    assert.equal(session.conversation.draft, "Same\nSame");
    composing.end();
    await Promise.all([first, second]);
    assert.equal(asked, 1);
    assert.deepEqual(
      branchOf(session.conversation).flatMap(({ role, text }) => (role === "user" ? [text] : [])),
      ["Same", "Same"],
    );
    assert.equal(session.conversation.draft, "");
  });

  it("is free for other messages while the editor carries out a command, and leaves no command behind", async () => {
    await sending.send("Hi");
    const before = session.conversation.id;
    await sending.send("/bugs");
    assert.equal(wasBusy, false);
    await sending.send("/clear");
    assert.notEqual(session.conversation.id, before);
    assert.equal(session.conversation.draft, "");
    assert.equal((await store.load(before))?.draft, "");
  });
});
