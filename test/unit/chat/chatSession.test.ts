import assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { silentLog } from "../../../src/base/log.ts";
import { nextTurn } from "../../../src/base/nextTurn.ts";
import { ChatSession } from "../../../src/chat/chatSession.ts";
import { ContextSize } from "../../../src/chat/contextSize.ts";
import { branchOf, turnView } from "../../../src/chat/conversation.ts";
import { ConversationStore } from "../../../src/chat/conversationStore.ts";
import { folderOnDisk } from "../../../src/chat/folderOnDisk.ts";
import { forgetAllConversations, forgetConversation } from "../../../src/chat/forgetConversations.ts";
import type { ChatRequest, CompletionEvent, ModelClient } from "../../../src/model/modelClient.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { emptyContext } from "../../fakes/emptyContext.ts";

type Script = (request: ChatRequest, signal: AbortSignal) => AsyncIterable<CompletionEvent>;

/** A model whose chat answers are scripted; completing with it is a mistake of the test. */
function scripted(chat: Script): ModelClient {
  return {
    chat,
    complete: () => assert.fail("the chat does not complete"),
    prefill: async () => [],
    countTokens: async () => undefined,
    weigh: async () => undefined,
  };
}

const delta = (text: string): CompletionEvent => ({ type: "delta", candidate: 0, text });
const done: CompletionEvent = { type: "done", finishReason: "stop", usage: {} };

describe("ChatSession", () => {
  let directory: string;
  let requests: ChatRequest[];

  beforeEach(async () => {
    directory = await fs.mkdtemp(path.join(os.tmpdir(), "wisp-session-"));
    requests = [];
  });
  afterEach(() => fs.rm(directory, { recursive: true }));

  function session(script: Script, now = Date.now): { session: ChatSession; store: ConversationStore } {
    const store = new ConversationStore(folderOnDisk(directory), silentLog);
    let ids = 0;
    const made = new ChatSession({
      model: () =>
        scripted((request, signal) => {
          requests.push(request);
          return script(request, signal);
        }),
      store,
      log: silentLog,
      now,
      newId: () => `turn-${++ids}`,
      contextSize: new ContextSize({ assumed: () => 4096, modelName: () => "m" }),
      rules: () => "",
    });
    return { session: made, store };
  }

  const texts = (chat: ChatSession): readonly string[] =>
    branchOf(chat.conversation).map((turn) => `${turn.role}:${turn.state}:${turn.text}`);

  it("keeps what came of an answer that hangs, for a window that closes now", async () => {
    const { session: chat, store } = session(async function* (_, signal) {
      yield delta("Hel");
      await once(signal, "abort");
    });
    const asked = chat.ask("Hi", "Hi", emptyContext);
    const deadline = Date.now() + 5000;
    const kept = async () => (await store.load(chat.conversation.id))?.turns.at(-1)?.text;
    while ((await kept()) !== "Hel") assert.ok(Date.now() < deadline, "it is not kept");
    await chat.stop();
    await asked;
  });

  it("keeps which model answered in the place of the one that was asked", async () => {
    const { session: chat, store } = session(async function* () {
      yield { type: "delta", candidate: 0, text: "Hello", standIn: "Qwen" };
      yield done;
    });
    await chat.ask("Hi", "Hi", emptyContext);
    assert.equal((await store.load(chat.conversation.id))?.turns.at(-1)?.standIn, "Qwen");
    const [, answer] = branchOf(chat.conversation);
    assert.ok(answer);
    assert.equal(turnView(chat.conversation, answer).standIn, "Qwen");
  });

  it("streams an answer and keeps the conversation", async () => {
    const { session: chat, store } = session(async function* () {
      yield delta("Hel");
      yield delta("lo");
      yield done;
    });
    const deltas: string[] = [];
    chat.onEvent((event) => event.kind === "delta" && deltas.push(`${event.offset}:${event.text}`));
    await chat.ask("Hi", "Hi", emptyContext);
    assert.deepEqual(texts(chat), ["user:complete:Hi", "assistant:complete:Hello"]);
    assert.deepEqual(deltas, ["0:Hel", "3:lo"]);
    assert.equal((await store.load(chat.conversation.id))?.turns.length, 2);
  });

  it("keeps what was written when it is stopped", async () => {
    const { session: chat } = session(async function* (_request, signal) {
      yield delta("half");
      if (!signal.aborted) await once(signal, "abort");
      yield { type: "done", finishReason: "cancelled", usage: {} };
    });
    let stopped: Promise<void> | undefined;
    chat.onEvent((event) => {
      if (event.kind === "delta") stopped = chat.stop();
    });
    await chat.ask("Hi", "Hi", emptyContext);
    await stopped;
    assert.deepEqual(texts(chat), ["user:complete:Hi", "assistant:stopped:half"]);
    assert.equal(chat.busy, false);
  });

  it("shows a failure with what to do and leaves the question in place", async () => {
    const { session: chat } = session(async function* () {
      yield delta("par");
      throw new ModelError("unreachable", "Nothing answers.", "Start the server.");
    });
    await chat.ask("Hi", "Hi", emptyContext);
    const answer = branchOf(chat.conversation)[1];
    assert.equal(answer?.state, "failed");
    assert.deepEqual(answer?.error, { message: "Nothing answers.", hint: "Start the server." });
    assert.equal(answer?.text, "par");
  });

  it("shows an answer as broken off whose stream ends without saying so", async () => {
    const { session: chat } = session(async function* () {
      yield delta("par");
    });
    await chat.ask("Hi", "Hi", emptyContext);
    assert.deepEqual(texts(chat), ["user:complete:Hi", "assistant:failed:par"]);
    assert.equal(branchOf(chat.conversation)[1]?.error?.message, "The answer broke off.");
  });

  it("asks again as a new version and edits as a new branch", async () => {
    let answers = 0;
    const { session: chat } = session(async function* () {
      yield delta(`answer ${++answers}`);
      yield done;
    });
    await chat.ask("Hi", "Hi", emptyContext);
    await chat.regenerate("turn-2");
    assert.deepEqual(texts(chat), ["user:complete:Hi", "assistant:complete:answer 2"]);
    chat.showVersion("turn-3", -1);
    assert.deepEqual(texts(chat), ["user:complete:Hi", "assistant:complete:answer 1"]);
    await chat.edit("turn-1", "Hello", "Hello", emptyContext);
    assert.deepEqual(texts(chat), ["user:complete:Hello", "assistant:complete:answer 3"]);
    assert.equal(chat.conversation.turns.length, 5);
  });

  it("says once that it cannot be saved, and again after it could", async () => {
    const { session: chat } = session(async function* () {
      yield done;
    });
    const reasons: string[] = [];
    chat.onEvent((event) => event.kind === "unsaved" && reasons.push(event.reason));
    await chat.ask("One", "One", emptyContext);
    assert.deepEqual(reasons, []);
    const file = path.join(directory, `${chat.conversation.id}.json`);
    for (const count of [1, 2]) {
      await fs.rm(file);
      await fs.mkdir(file);
      await chat.ask("Two", "Two", emptyContext);
      await chat.flush();
      assert.equal(reasons.length, count);
      assert.match(reasons.at(-1) ?? "", /EISDIR/);
      await fs.rmdir(file);
      await chat.flush();
    }
  });

  it("has the question on disk as soon as the answer begins", async () => {
    let begun: (() => void) | undefined;
    const mayEnd = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const { session: chat, store } = session(async function* () {
      await mayEnd;
      yield done;
    });
    const answered = chat.ask("Hi", "Hi", emptyContext);
    let kept = await store.load(chat.conversation.id);
    for (const end = Date.now() + 5000; !kept && Date.now() < end; )
      kept = await store.load(chat.conversation.id);
    assert.deepEqual(
      kept?.turns.map(({ text, state }) => `${state}:${text}`),
      ["complete:Hi", "stopped:"],
    );
    begun?.();
    await answered;
  });

  it("tells what of the conversation would not fit any more", async () => {
    const { session: chat } = session(async function* () {
      yield delta("word ".repeat(1200));
      yield done;
    });
    await chat.ask("One", "One", emptyContext);
    assert.deepEqual(chat.fitOf("Two", emptyContext).droppedTurns, 0);
    await chat.ask("Two", "Two", emptyContext);
    await chat.ask("Three", "Three", emptyContext);
    assert.ok(chat.fitOf("Four", emptyContext).droppedTurns > 0);
    assert.equal(
      chat.fitOf("Four", emptyContext, branchOf(chat.conversation)[0]?.id).droppedTurns,
      0,
      "in its place",
    );
    assert.equal(chat.fitOf("Four", emptyContext).questionTooLong, false);
    assert.equal(chat.fitOf("word ".repeat(4000), emptyContext).questionTooLong, true);
  });

  it("asks with less when the model refuses the prompt as too large, and says so", async () => {
    const { session: chat } = session(async function* (request) {
      if ((request.messages.at(-1)?.content.length ?? 0) > 7000)
        throw new ModelError("context-overflow", "The context holds 2048 tokens.", "Ask about less.");
      yield delta("So it is.");
      yield done;
    });
    const less: number[] = [];
    chat.onEvent((event) => event.kind === "less" && less.push(event.contextTokens));
    await chat.ask("Why?", "Why?", { text: "some words ".repeat(1000), places: [] });
    assert.deepEqual(texts(chat), ["user:complete:Why?", "assistant:complete:So it is."]);
    assert.deepEqual(less, [2048]);
  });

  it("keeps where the reader was with the conversation that was seen, not with another", async () => {
    const { session: chat, store } = session(async function* () {
      yield done;
    });
    await chat.ask("Hi", "Hi", emptyContext);
    const { id } = chat.conversation;
    const scroll = { turnId: "turn", piece: 1, offset: 20.5 };
    let told = 0;
    chat.onScroll(() => told++);
    chat.setScroll(id, scroll);
    await chat.open();
    chat.setScroll(id, undefined);
    assert.equal(told, 1);
    assert.equal(chat.conversation.scroll, undefined);
    assert.deepEqual((await store.load(id))?.scroll, scroll);
  });

  it("keeps a new title that was given while an answer runs, and the draft of what is left for another chat", async () => {
    const { session: chat, store } = session(async function* () {
      yield delta("Hel");
      yield delta("lo");
      yield done;
    });
    const { id } = chat.conversation;
    let renamed: Promise<void> | undefined;
    chat.onEvent((event) => {
      if (event.kind === "delta") renamed ??= store.rename(id, "Greeting");
    });
    await chat.ask("Hi", "Hi", emptyContext);
    await renamed;
    chat.setDraft("half a thought");
    await chat.open();
    const kept = await store.load(id);
    assert.equal(kept?.title, "Greeting");
    assert.equal(kept?.draft, "half a thought");
    assert.equal(chat.conversation.draft, "");
  });

  it("leaves a conversation that another window has deleted, with what is being typed, and asks nothing there", async () => {
    const { session: chat, store } = session(async function* () {
      yield done;
    });
    const otherWindow = new ConversationStore(folderOnDisk(directory), silentLog);
    const kinds: string[] = [];
    chat.onEvent(({ kind }) => kinds.push(kind));
    await chat.ask("One", "One", emptyContext);
    const { id, turns } = chat.conversation;
    chat.setDraft("half a thought");
    await otherWindow.remove(id);
    assert.equal(await chat.edit(turns[0]?.id ?? "", "Two", "Two", emptyContext), false);
    assert.deepEqual(kinds.slice(-2), ["deleted", "conversation"]);
    assert.notEqual(chat.conversation.id, id);
    assert.deepEqual(chat.conversation.turns, []);
    assert.equal(chat.conversation.draft, "half a thought");
    assert.equal(requests.length, 1);
    assert.deepEqual(await store.list(), []);
    assert.equal(await chat.ask("Two", "Two", emptyContext), true);
    assert.equal((await store.list()).length, 1);
  });

  it("ends an answer whose conversation another window deletes, and keeps nothing of it", async () => {
    let now = 0;
    const otherWindow = new ConversationStore(folderOnDisk(directory), silentLog);
    const { session: chat } = session(
      async function* (_request, signal) {
        yield delta("begun");
        await otherWindow.remove(chat.conversation.id);
        now += 10_000;
        yield delta(" and going on");
        if (!signal.aborted) await once(signal, "abort");
        yield { type: "done", finishReason: "cancelled", usage: {} };
      },
      () => now,
    );
    await chat.ask("One", "One", emptyContext);
    assert.equal(chat.busy, false);
    assert.deepEqual(chat.conversation.turns, []);
    assert.deepEqual(
      (await fs.readdir(directory)).map((name) => path.extname(name)),
      [".deleted"],
    );
  });

  it("sends the question of a command with its context, and shows what was typed", async () => {
    const { session: chat } = session(async function* () {
      yield done;
    });
    await chat.ask("/explain", "Explain the given code.", { text: "CODE", places: [] });
    assert.equal(requests[0]?.messages.at(-1)?.content, "CODE\n\nExplain the given code.");
    assert.equal(branchOf(chat.conversation)[0]?.text, "/explain");
  });

  it("answers one of two questions at a time, and keeps both in the branch", async () => {
    const { session: chat } = session(async function* (_request, signal) {
      yield delta("so ");
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else setTimeout(resolve, 20);
      });
      if (signal.aborted) return yield { type: "done", finishReason: "cancelled", usage: {} };
      yield done;
    });
    await Promise.all([chat.ask("one", "one", emptyContext), chat.ask("two", "two", emptyContext)]);
    const turns = branchOf(chat.conversation).map(({ role, text }) => `${role}: ${text}`);
    assert.deepEqual(
      turns.filter((turn) => turn.startsWith("user")),
      ["user: one", "user: two"],
    );
    assert.equal(chat.busy, false);
  });

  it("answers once at a time, whatever is asked at once, and what runs can be stopped", async () => {
    let running = 0;
    let most = 0;
    const { session: chat } = session(async function* (_request, signal) {
      most = Math.max(most, ++running);
      yield delta("begun");
      if (!signal.aborted) await once(signal, "abort");
      running--;
      yield { type: "done", finishReason: "cancelled", usage: {} };
    });
    const all: Promise<unknown>[] = [];
    let begun = 0;
    const listening = chat.onEvent((event) => {
      if (event.kind !== "delta") return;
      if (++begun === 1) {
        all.push(chat.regenerate("turn-2"), chat.regenerate("turn-2"));
        all.push(chat.edit("turn-1", "Hello", "Hello", emptyContext));
      } else if (begun === 4) all.push(chat.stop());
    });
    await chat.ask("Hi", "Hi", emptyContext);
    await Promise.all(all);
    listening.dispose();
    assert.equal(begun, 4);
    assert.equal(most, 1);
    assert.equal(running, 0);
    assert.equal(chat.busy, false);
  });

  it("lets an answer go on whose conversation is opened again, and loses none of one that is come back to", async () => {
    let goOn: (() => void) | undefined;
    const mayEnd = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { session: chat, store } = session(async function* (_request, signal) {
      yield delta("begun");
      await Promise.race([mayEnd, ...(signal.aborted ? [] : [once(signal, "abort")])]);
      if (signal.aborted) return yield { type: "done", finishReason: "cancelled", usage: {} };
      yield delta(" and whole");
      yield done;
    });
    const { id } = chat.conversation;
    let opened: Promise<boolean> | undefined;
    chat.onEvent((event) => {
      if (event.kind !== "delta" || opened) return;
      chat.setDraft("typed since");
      opened = chat.openKept(id);
    });
    const asked = chat.ask("Hi", "Hi", emptyContext);
    for (const end = Date.now() + 5000; !opened && Date.now() < end; ) await nextTurn();
    assert.equal(await opened, true);
    assert.equal(chat.busy, true);
    goOn?.();
    await asked;
    assert.deepEqual(texts(chat), ["user:complete:Hi", "assistant:complete:begun and whole"]);
    assert.equal(chat.conversation.draft, "typed since");

    await store.save({ ...chat.conversation, id: "other" });
    chat.setDraft("typed last");
    await Promise.all([chat.openKept("other"), chat.openKept(id)]);
    assert.equal(chat.conversation.id, id);
    assert.equal(chat.conversation.draft, "typed last");
    assert.equal(await chat.openKept("gone"), false);
    assert.equal(chat.conversation.id, id);
  });

  it("loses neither a question that waited nor its answer when another conversation is opened meanwhile", async () => {
    const { session: chat, store } = session(async function* (_request, signal) {
      yield delta("begun");
      if (!signal.aborted) await once(signal, "abort");
      yield { type: "done", finishReason: "cancelled", usage: {} };
    });
    let opened: Promise<void> | undefined;
    let second: Promise<boolean> | undefined;
    chat.onEvent((event) => {
      if (event.kind !== "delta" || opened) return;
      second = chat.ask("two", "two", emptyContext);
      opened = chat.open();
    });
    const { id } = chat.conversation;
    await chat.ask("one", "one", emptyContext);
    await opened;
    const isAsked = await second;
    assert.notEqual(chat.conversation.id, id);
    assert.deepEqual(chat.conversation.turns, []);
    const kept = await store.load(id);
    const texts = kept?.turns.map(({ role, state, text }) => `${role}:${state}:${text}`) ?? [];
    const whole = (text: string): string[] => [`user:complete:${text}`, "assistant:stopped:begun"];
    assert.deepEqual(texts, isAsked ? [...whole("one"), ...whole("two")] : whole("one"));
    assert.equal(chat.busy, false);
  });

  it("asks nothing in a conversation for which the message was not meant", async () => {
    const { session: chat } = session(async function* () {
      yield done;
    });
    const { id } = chat.conversation;
    await chat.ask("One", "One", emptyContext);
    await chat.open();
    assert.equal(await chat.ask("Hi", "Hi", emptyContext, (now) => now === id), false);
    assert.equal(await chat.tell("/help", "Help.", (now) => now === id), false);
    assert.equal(await chat.edit("turn-1", "Hi", "Hi", emptyContext), false);
    assert.deepEqual(chat.conversation.turns, []);
    assert.equal(requests.length, 1);
  });

  it("keeps what is typed in a new conversation when another is opened, and what is taken out of it again", async () => {
    const { session: chat, store } = session(async function* () {
      yield done;
    });
    await chat.ask("Hi", "Hi", emptyContext);
    const first = chat.conversation.id;
    await chat.open();
    await chat.openKept(first);
    assert.equal((await store.list()).length, 1, "nothing was typed");
    await chat.open();
    const { id } = chat.conversation;
    chat.setDraft("half a thought");
    await chat.openKept(first);
    await chat.openKept(id);
    assert.equal(chat.conversation.draft, "half a thought");
    chat.setDraft("");
    await chat.openKept(first);
    await chat.openKept(id);
    assert.equal(chat.conversation.draft, "");
  });

  it("leaves what is deleted while nothing but a draft stands there, and asks in the new one", async () => {
    const { session: chat, store } = session(async function* () {
      yield done;
    });
    const events: string[] = [];
    chat.onEvent(({ kind }) => events.push(kind));
    chat.setDraft("half a thought");
    await forgetAllConversations(chat, store);
    assert.equal(chat.conversation.draft, "half a thought");
    await chat.flush();
    await forgetConversation(chat, store, chat.conversation.id);
    assert.equal(chat.conversation.draft, "");
    await chat.ask("Hi", "Hi", emptyContext);
    await forgetConversation(chat, store, chat.conversation.id);
    assert.deepEqual(chat.conversation.turns, []);
    await chat.ask("Hi", "Hi", emptyContext);
    assert.equal((await store.list()).length, 1);
    assert.ok(!events.includes("deleted"));
  });

  it("keeps what is typed while another conversation comes on screen, and what is typed behind what was sent", async () => {
    const { session: chat, store } = session(async function* () {
      yield done;
    });
    await chat.ask("Hi", "Hi", emptyContext);
    const { id } = chat.conversation;
    chat.setEditing(id, "turn-1", "Hello you");
    await chat.edit("turn-1", "Hello", "Hello", emptyContext);
    assert.deepEqual(chat.conversation.editing, { turnId: "turn-1", text: "Hello you" });
    const save = store.save.bind(store);
    let saves = 0;
    store.save = async (conversation) => {
      const isKept = await save(conversation);
      if (++saves === 1) chat.setDraft("typed meanwhile");
      return isKept;
    };
    await chat.open();
    assert.notEqual(chat.conversation.id, id);
    assert.equal((await store.load(id))?.draft, "typed meanwhile");
  });

  it("stays in a conversation that is new already, with what is being typed", async () => {
    const { session: chat } = session(async function* () {
      yield done;
    });
    const { id } = chat.conversation;
    chat.setDraft("half a thought");
    await chat.open();
    assert.equal(chat.conversation.id, id);
    assert.equal(chat.conversation.draft, "half a thought");
  });

  it("leaves the draft of the next message alone while a question is asked", async () => {
    const { session: chat } = session(async function* () {
      yield done;
    });
    chat.setDraft("the next one");
    await chat.ask("Hi", "Hi", emptyContext);
    await chat.tell("/help", "Help.");
    assert.equal(chat.conversation.draft, "the next one");
  });
});
