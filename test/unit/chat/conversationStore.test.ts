import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { silentLog } from "../../../src/base/log.ts";
import { addTurn, newConversation } from "../../../src/chat/conversation.ts";
import { ConversationStore, maxConversations } from "../../../src/chat/conversationStore.ts";
import { folderOnDisk } from "../../../src/chat/folderOnDisk.ts";

describe("ConversationStore", () => {
  let directory: string;
  let store: ConversationStore;

  beforeEach(async () => {
    directory = await fs.mkdtemp(path.join(os.tmpdir(), "wisp-chat-"));
    store = new ConversationStore(folderOnDisk(path.join(directory, "chats")), silentLog);
  });
  afterEach(() => fs.rm(directory, { recursive: true }));

  const streaming = addTurn(
    newConversation("one", 1),
    { id: "q", role: "user", text: "Why?", context: "", places: [], state: "streaming" },
    2,
  );

  it("is empty before the first save", async () => {
    assert.deepEqual(await store.list(), []);
    assert.equal(await store.load("one"), undefined);
  });

  it("gives back what was saved and marks an answer cut by a crash as stopped", async () => {
    await store.save(streaming);
    assert.deepEqual(await store.list(), [{ id: "one", title: "Why?", updatedAt: 2 }]);
    assert.equal((await store.load("one"))?.turns[0]?.state, "stopped");
  });

  it("keeps the newest state when saves overlap, and leaves no temporary files", async () => {
    await Promise.all([1, 2, 3, 4].map((n) => store.save({ ...streaming, title: `title ${n}` })));
    assert.equal((await store.load("one"))?.title, "title 4");
    assert.deepEqual(await fs.readdir(path.join(directory, "chats")), ["one.json"]);
  });

  it("sets a damaged file aside instead of losing it, says so, and keeps the rest", async () => {
    const damaged: string[] = [];
    store = new ConversationStore(folderOnDisk(path.join(directory, "chats")), silentLog, (file) =>
      damaged.push(file),
    );
    await store.save(streaming);
    await store.save({ ...streaming, id: "two" });
    const circle = [{ ...streaming.turns[0], parentId: "q" }];
    const ring = ["a", "b"].map((id) => ({ ...streaming.turns[0], id, parentId: id === "a" ? "b" : "a" }));
    const withTurns = (turns: readonly unknown[]): string =>
      JSON.stringify({ version: 1, conversation: { ...streaming, turns } });
    const contents = [
      "null",
      withTurns([...streaming.turns, ...ring]),
      withTurns([...streaming.turns, ...streaming.turns]),
      withTurns([{ ...streaming.turns[0], state: 42 }]),
      withTurns([{ ...streaming.turns[0], places: [{ path: "a.ts" }] }]),
      JSON.stringify({ version: 1, conversation: { ...streaming, title: undefined } }),
      JSON.stringify({ version: 1, conversation: { ...streaming, updatedAt: 1.5 } }),
      JSON.stringify({ version: 1, conversation: { ...streaming, scroll: { turnId: "q" } } }),
      '{"version":1,',
      JSON.stringify({ version: 1, conversation: { ...streaming, turns: circle } }),
      JSON.stringify({ version: 1, conversation: { ...streaming, turns: [null] } }),
    ];
    for (const content of contents) {
      await fs.writeFile(path.join(directory, "chats", "one.json"), content);
      assert.equal(await store.load("one"), undefined);
    }
    assert.deepEqual(damaged, Array(contents.length).fill("one.json.broken"));
    assert.deepEqual(await fs.readdir(path.join(directory, "chats")), ["one.json.broken", "two.json"]);
    assert.deepEqual(
      (await store.list()).map(({ id }) => id),
      ["two"],
    );
  });

  it("keeps what two windows write into one conversation", async () => {
    const question = { role: "user", text: "", context: "", places: [], state: "complete" } as const;
    const answer = { ...question, id: "a", parentId: "q", role: "assistant", state: "streaming" } as const;
    const other = new ConversationStore(folderOnDisk(path.join(directory, "chats")), silentLog);
    await store.save(addTurn(streaming, { ...answer, text: "Because" }, 3));
    const seenByOther = await other.load("one");
    assert.ok(seenByOther);
    await store.save(addTurn(streaming, { ...answer, text: "Because it is.", state: "complete" }, 4));
    await other.save(addTurn(seenByOther, { ...question, id: "q2", parentId: "q", text: "And how?" }, 5));
    const kept = await store.load("one");
    assert.deepEqual(
      kept?.turns.map(({ id, text }) => `${id}: ${text}`),
      ["q: Why?", "a: Because it is.", "q2: And how?"],
    );
    assert.equal(kept?.headId, "q2");
  });

  it("keeps a bounded number of conversations", async () => {
    for (let n = 0; n < maxConversations + 3; n++)
      await store.save({ ...newConversation(`c${n}`, n), title: `${n}` });
    const kept = await store.list();
    assert.equal(kept.length, maxConversations);
    assert.ok(kept.some((item) => item.id === `c${maxConversations + 2}`));
  });

  it("refuses an id that would leave its folder", async () => {
    await assert.rejects(store.save({ ...streaming, id: "../escape" }), /not the id/);
  });

  it("lists what other programs have left in its folder neither as conversations nor as damage", async () => {
    await store.save(streaming);
    const folder = path.join(directory, "chats");
    const kept = await fs.readFile(path.join(folder, "one.json"), "utf8");
    await fs.writeFile(path.join(folder, "one (conflicted copy).json"), kept);
    await fs.writeFile(path.join(folder, "one-copy.json"), kept);
    await fs.writeFile(path.join(folder, "notes.txt"), "mine");
    assert.deepEqual((await store.list()).map(({ id }) => id).sort(), ["one", "one-copy"]);
    await store.remove("one-copy");
    assert.deepEqual(
      (await store.list()).map(({ id }) => id),
      ["one"],
    );
  });
});
