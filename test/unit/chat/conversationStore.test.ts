import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { silentLog } from "../../../src/base/log.ts";
import { addTurn, newConversation } from "../../../src/chat/conversation.ts";
import { ConversationStore, maxConversations } from "../../../src/chat/conversationStore.ts";
import { folderOnDisk } from "../../../src/chat/folderOnDisk.ts";
import type { TextFolder } from "../../../src/chat/textFolder.ts";

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

  describe("in a folder that fails", () => {
    const busy = Object.assign(new Error("EBUSY"), { code: "EBUSY" });
    let folder: TextFolder;
    beforeEach(async () => {
      folder = folderOnDisk(path.join(directory, "chats"));
      await store.save(streaming);
      await fs.writeFile(path.join(directory, "chats", "bad.json"), "{");
    });
    const listed = async (from: ConversationStore): Promise<readonly string[]> =>
      (await from.list()).map(({ id }) => id);

    it("sets a damaged file aside once, whatever reads it at once", async () => {
      const damaged: string[] = [];
      store = new ConversationStore(folder, silentLog, (file) => damaged.push(file));
      assert.deepEqual(await Promise.all([listed(store), listed(store)]), [["one"], ["one"]]);
      assert.deepEqual(damaged, ["bad.json.broken"]);
    });

    it("lists the rest where a file cannot be read or set aside", async () => {
      const rename = () => Promise.reject(busy);
      assert.deepEqual(await listed(new ConversationStore({ ...folder, rename }, silentLog)), ["one"]);
      await store.save({ ...streaming, id: "two" });
      const read = (name: string) => (name === "one.json" ? Promise.reject(busy) : folder.read(name));
      assert.deepEqual(await listed(new ConversationStore({ ...folder, read }, silentLog)), ["two"]);
    });

    it("leaves nothing of a write that fails", async () => {
      await fs.mkdir(path.join(directory, "chats", "taken"));
      await assert.rejects(folder.write("taken", "text"));
      assert.deepEqual((await folder.names()).toSorted(), ["bad.json", "one.json", "taken"]);
    });

    it("saves nothing over what it could not read", async () => {
      const read = (name: string) => (name.endsWith(".json") ? Promise.reject(busy) : folder.read(name));
      const failing = new ConversationStore({ ...folder, read }, silentLog);
      const [question] = streaming.turns;
      assert.ok(question);
      await store.save(addTurn(streaming, { ...question, id: "theirs", parentId: "q" }, 3));
      await assert.rejects(
        failing.save(addTurn(streaming, { ...question, id: "mine", parentId: "q" }, 4)),
        busy,
      );
      assert.deepEqual(
        (await store.load("one"))?.turns.map(({ id }) => id),
        ["q", "theirs"],
      );
    });
  });

  it("lists from few files at once, and reads none again that has not changed", async () => {
    for (let n = 0; n < 20; n++) await store.save({ ...streaming, id: `c${n}` });
    const folder = folderOnDisk(path.join(directory, "chats"));
    const read: string[] = [];
    let open = 0;
    let most = 0;
    const counting = new ConversationStore(
      {
        ...folder,
        read: async (name) => {
          if (name.endsWith(".json")) read.push(name);
          most = Math.max(most, ++open);
          const text = await folder.read(name);
          open--;
          return text;
        },
      },
      silentLog,
    );
    assert.equal((await counting.list()).length, 20);
    assert.equal(read.length, 20);
    assert.ok(most <= 4, `${most} at once`);
    await store.save({ ...streaming, id: "c7", title: "Another", updatedAt: 9 });
    await fs.utimes(path.join(directory, "chats", "c7.json"), 1, 1);
    await store.rename("c8", "Mine");
    await store.remove("c9");
    const again = await counting.list();
    assert.deepEqual(read.slice(20), ["c7.json"]);
    assert.deepEqual(again[0], { id: "c7", title: "Another", updatedAt: 9 });
    assert.equal(again.find(({ id }) => id === "c8")?.title, "Mine");
    assert.equal(again.length, 19);
  });

  it("shows the last turn where the one that was on screen is not there", async () => {
    await store.save({ ...streaming, headId: "gone" });
    assert.equal((await store.load("one"))?.headId, "q");
  });

  it("removes what writes have left that did not end, and the oldest of what was set aside", async () => {
    await store.save(streaming);
    const folder = path.join(directory, "chats");
    await fs.writeFile(path.join(folder, "one.json.new.tmp"), "");
    await fs.writeFile(path.join(folder, "one.json.old.tmp"), "");
    await fs.utimes(path.join(folder, "one.json.old.tmp"), 1, 1);
    for (let n = 0; n <= maxConversations; n++)
      await fs.writeFile(path.join(folder, `b${n}.json.broken`), "");
    await fs.utimes(path.join(folder, "b5.json.broken"), 1, 1);
    await store.save(streaming);
    const names = await fs.readdir(folder);
    assert.deepEqual(
      names.filter((name) => name.endsWith(".tmp")),
      ["one.json.new.tmp"],
    );
    assert.equal(names.filter((name) => name.endsWith(".broken")).length, maxConversations);
    assert.ok(!names.includes("b5.json.broken"));
  });

  it("brings back what was written whole and not yet put in its place, unless it was deleted", async () => {
    await store.save(streaming);
    const folder = path.join(directory, "chats");
    const json = await fs.readFile(path.join(folder, "one.json"), "utf8");
    await fs.rename(path.join(folder, "one.json"), path.join(folder, "one.json.cut.tmp"));
    await fs.writeFile(path.join(folder, "two.json.cut.tmp"), json.slice(0, -5));
    await fs.writeFile(path.join(folder, "gone.json.cut.tmp"), json.replaceAll('"one"', '"gone"'));
    await fs.writeFile(path.join(folder, "gone.deleted"), "");
    await fs.writeFile(path.join(folder, "..json.cut.tmp"), json);
    const next = new ConversationStore(folderOnDisk(folder), silentLog);
    assert.equal((await next.load("one"))?.title, "Why?");
    assert.deepEqual(
      (await next.list()).map(({ id }) => id),
      ["one"],
    );
    assert.deepEqual((await fs.readdir(folder)).sort(), [
      "..json.cut.tmp",
      "gone.deleted",
      "gone.json.cut.tmp",
      "one.json",
      "one.json.cut.tmp",
      "two.json.cut.tmp",
    ]);
  });

  it("leaves what was saved since where an older write was cut", async () => {
    await store.save(streaming);
    const folder = path.join(directory, "chats");
    await fs.copyFile(path.join(folder, "one.json"), path.join(folder, "one.json.cut.tmp"));
    await store.save({ ...streaming, title: "Newer" });
    const next = new ConversationStore(folderOnDisk(folder), silentLog);
    assert.equal((await next.load("one"))?.title, "Newer");
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

  describe("with another window on the same folder", () => {
    let other: ConversationStore;

    beforeEach(() => {
      other = new ConversationStore(folderOnDisk(path.join(directory, "chats")), silentLog);
    });
    const kept = async (): Promise<readonly string[]> =>
      (await fs.readdir(path.join(directory, "chats"))).sort();

    it("loses no title, whatever is saved there of what is in memory", async () => {
      await store.save(streaming);
      const inMemory = await other.load("one");
      assert.ok(inMemory);
      await Promise.all([store.rename("one", "Mine"), other.save({ ...inMemory, updatedAt: 3 })]);
      await other.save({ ...inMemory, updatedAt: 4 });
      assert.equal((await store.load("one"))?.title, "Mine");
      await other.rename("one", "Theirs");
      await store.save(streaming);
      assert.deepEqual(
        (await store.list()).map(({ title }) => title),
        ["Theirs"],
      );
    });

    it("brings nothing back that was deleted, before a save there or in the middle of it", async () => {
      await store.save(streaming);
      await store.rename("one", "Mine");
      const folder = folderOnDisk(path.join(directory, "chats"));
      const late: TextFolder = {
        ...folder,
        write: async (name, text) => {
          await store.remove("one");
          await folder.write(name, text);
        },
      };
      assert.equal(await new ConversationStore(late, silentLog).save(streaming), false);
      assert.deepEqual(await kept(), ["one.deleted"]);
      await fs.rm(path.join(directory, "chats", "one.deleted"));
      await new ConversationStore(late, silentLog).rename("one", "Late");
      assert.deepEqual(await kept(), ["one.deleted"]);
      assert.equal(await other.save(streaming), false);
      await other.rename("one", "Theirs");
      assert.deepEqual(await kept(), ["one.deleted"]);
      assert.equal(await other.load("one"), undefined);
      assert.deepEqual(await other.list(), []);
    });

    it("lists nothing whose file came back", async () => {
      await store.save(streaming);
      const json = await fs.readFile(path.join(directory, "chats", "one.json"));
      await store.remove("one");
      await fs.writeFile(path.join(directory, "chats", "one.json"), json);
      assert.deepEqual(await other.list(), []);
      assert.equal(await other.load("one"), undefined);
    });

    it("deletes all, what was set aside and titles included, and keeps what is asked after that", async () => {
      await store.save(streaming);
      await store.rename("one", "Mine");
      await fs.writeFile(path.join(directory, "chats", "two.json"), "{");
      assert.equal(await store.load("two"), undefined);
      await store.removeAll();
      assert.equal(await other.save(streaming), false);
      assert.equal(await other.save({ ...streaming, id: "three" }), true);
      assert.deepEqual(await kept(), ["one.deleted", "three.json"]);
    });
  });

  it("keeps the title that a conversation takes from its first question where it was given none", async () => {
    await store.save(streaming);
    await store.rename("one", "  ");
    assert.equal((await store.load("one"))?.title, "Why?");
  });

  it("keeps a bounded number of conversations, with their titles, and of marks of deleted ones", async () => {
    for (let n = 0; n < maxConversations + 3; n++)
      await store.save({ ...newConversation(`c${n}`, n), title: `${n}` });
    for (let n = 0; n < maxConversations + 5; n++) await store.remove(`gone${n}`);
    await store.rename("c3", "The oldest");
    await store.save(newConversation("last", 0));
    const names = await fs.readdir(path.join(directory, "chats"));
    assert.equal(names.filter((name) => name.endsWith(".deleted")).length, maxConversations);
    assert.deepEqual(
      names.filter((name) => name.endsWith(".title")),
      [],
    );
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
