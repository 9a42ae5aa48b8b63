import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { silentLog } from "../../../src/base/log.ts";
import { ChatSession, emptyContext } from "../../../src/chat/chatSession.ts";
import { branchOf, newConversation } from "../../../src/chat/conversation.ts";
import { ConversationStore } from "../../../src/chat/conversationStore.ts";
import { folderOnDisk } from "../../../src/chat/folderOnDisk.ts";
import type { Composed } from "../../../src/editor/chat/composing.ts";
import { Sending } from "../../../src/editor/chat/sending.ts";
import { scriptedChat } from "../../fakes/scriptedChat.ts";

describe("Sending", () => {
  let directory: string;
  let session: ChatSession;
  let sending: Sending;
  /** What the view was told, in order. */
  let told: string[];
  let compose: (question: string) => Promise<Composed | string>;

  beforeEach(async () => {
    directory = await fs.mkdtemp(path.join(os.tmpdir(), "wisp-sending-"));
    told = [];
    compose = async () => ({ context: emptyContext, notice: "" });
    let ids = 0;
    const { model } = scriptedChat(["One.", "Two."]);
    session = new ChatSession({
      model: () => model,
      store: new ConversationStore(folderOnDisk(directory), silentLog),
      log: silentLog,
      now: () => 1,
      newId: () => `turn-${++ids}`,
      contextTokens: () => 4096,
      rules: () => "",
    });
    sending = new Sending(
      {
        session,
        composing: { compose: (_text, question) => compose(question) },
        promptFiles: async () => [{ name: "shout", file: "shout.md", text: "Shout." }],
        slash: async (name) => (name === "bugs" ? { text: "None found." } : undefined),
      },
      {
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
    await sending.send("/clear");
    assert.deepEqual(shown(), []);
  });

  it("gives a message back that does not fit, before what was typed since", async () => {
    compose = async () => {
      session.setDraft("the next thought");
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
});
