import type { Log } from "../base/log.ts";
import { Serial } from "../base/serial.ts";
import { type Conversation, mergeTurns, newConversation } from "./conversation.ts";
import { conversationJson, parseConversation } from "./conversationFile.ts";
import type { ConversationSummary } from "./protocol.ts";
import type { TextFolder } from "./textFolder.ts";

/** Conversations kept per workspace, and damaged ones that were set aside; the oldest beyond this are removed. */
export const maxConversations = 200;

/**
 * The files of a conversation. What different windows do to one has files of its own, so that no save of what another
 * window has in memory undoes it: a title that the user gave is a file, and so is the fact that it was deleted.
 */
const endings = {
  conversation: ".json",
  title: ".title",
  deleted: ".deleted",
  broken: ".json.broken",
} as const;

type Kind = keyof typeof endings;

/** A conversation may be large. */
const readAtOnce = 4;

/** What a write leaves that did not end; none takes that long. */
const temporaryEnding = ".tmp";
const longestWriteMs = 24 * 60 * 60 * 1000;

/**
 * Conversations that are kept in `folder`, which several windows may share: a save keeps the turns that another window
 * has added to the same conversation and the title that it was given there, and brings nothing back that was deleted.
 * @throws the folder's errors from everything that writes. To a reader, a file that cannot be read is not there, which is
 *   logged; one that is damaged is set aside under the name `*.broken`.
 */
export class ConversationStore {
  readonly #folder: TextFolder;
  readonly #log: Log;
  readonly #onDamaged: (file: string) => void;
  readonly #summaries = new Map<string, { modifiedAt: number; title: string; updatedAt: number }>();
  /** Writes of one conversation follow each other, so that an older state never overwrites a newer one. */
  readonly #writes = new Serial();
  #recovery: Promise<void> | undefined;

  /** @param onDamaged told the new name of a file that had to be set aside. */
  constructor(folder: TextFolder, log: Log, onDamaged: (file: string) => void = () => undefined) {
    this.#folder = folder;
    this.#log = log;
    this.#onDamaged = onDamaged;
  }

  /** Newest first. */
  async list(): Promise<readonly ConversationSummary[]> {
    await this.#recovered();
    const ids = idsIn(await this.#folder.names(), "conversation");
    const summaries: (ConversationSummary | undefined)[] = [];
    for (let at = 0; at < ids.length; at += readAtOnce) {
      const some = ids.slice(at, at + readAtOnce);
      summaries.push(...(await Promise.all(some.map((id) => this.#orAbsent(id, () => this.#summary(id))))));
    }
    return summaries.filter((one) => one !== undefined).sort((a, b) => b.updatedAt - a.updatedAt);
  }

  /** The conversation, with what was streaming at a crash marked as stopped; undefined when there is none. */
  async load(id: string): Promise<Conversation | undefined> {
    await this.#recovered();
    return this.#orAbsent(id, () => this.#load(id));
  }

  /**
   * An editor in a browser replaces a file in two steps, first removing the old one: a window that is loaded again
   * between them leaves only the new text under its temporary name.
   */
  #recovered(): Promise<void> {
    this.#recovery ??= this.#recover().catch((error: unknown) =>
      this.#log.warn(`Chat history: cannot look for what was not written to its end: ${error}`),
    );
    return this.#recovery;
  }

  async #recover(): Promise<void> {
    const names = await this.#folder.names();
    const there = new Set(idsIn(names, "conversation"));
    for (const name of names.filter((one) => one.endsWith(temporaryEnding))) {
      const id = name.slice(0, name.indexOf("."));
      if (there.has(id) || !name.startsWith(`${id}${endings.conversation}.`)) continue;
      const json = await this.#folder.read(name);
      // Half a text belongs to a write under way, or to a first one that was cut.
      if (json === undefined || !isWhole(json, id)) continue;
      // The temporary file stays: it may be of another window, which is about to rename it.
      if (await this.#write(id, "conversation", json))
        this.#log.info(`Chat history: ${id} is back from a write that was cut`);
    }
  }

  async #orAbsent<T>(id: string, read: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      this.#log.warn(`Chat history: cannot read ${id}: ${error}`);
      return undefined;
    }
  }

  /** Reads a conversation only where its file has changed. */
  async #summary(id: string): Promise<ConversationSummary | undefined> {
    if (await this.isDeleted(id)) return undefined;
    const modifiedAt = await this.#folder.modifiedAt(fileOf(id, "conversation"));
    let known = this.#summaries.get(id);
    if (known?.modifiedAt !== modifiedAt) {
      const conversation = await this.#read(id);
      if (!conversation) return undefined;
      known = { modifiedAt, title: conversation.title, updatedAt: conversation.updatedAt };
      this.#summaries.set(id, known);
    }
    return { id, title: (await this.#givenTitle(id)) || known.title, updatedAt: known.updatedAt };
  }

  async #load(id: string): Promise<Conversation | undefined> {
    if (await this.isDeleted(id)) return undefined;
    const conversation = await this.#read(id);
    const title = conversation && (await this.#givenTitle(id));
    return title ? { ...conversation, title } : conversation;
  }

  /** As it stands in its file, whose title may not be the last. */
  async #read(id: string): Promise<Conversation | undefined> {
    const file = fileOf(id, "conversation");
    const json = await this.#folder.read(file);
    if (json === undefined) return undefined;
    try {
      return parseConversation(json, id);
    } catch (error) {
      this.#log.warn(`Chat history: ${id} is damaged and is set aside (${error})`);
      await this.#setAside(id);
      return undefined;
    }
  }

  async #setAside(id: string): Promise<void> {
    const file = fileOf(id, "conversation");
    try {
      await this.#folder.rename(file, fileOf(id, "broken"));
    } catch (error) {
      // Another reader may have been faster.
      if ((await this.#folder.read(file)) !== undefined) throw error;
      return;
    }
    this.#onDamaged(fileOf(id, "broken"));
  }

  async #givenTitle(id: string): Promise<string | undefined> {
    return (await this.#folder.read(fileOf(id, "title")))?.trim();
  }

  /** @returns false when the conversation has been deleted, here or in another window: then nothing of it is kept. */
  save(conversation: Conversation): Promise<boolean> {
    const { id } = conversation;
    return this.#writes.run(async () => {
      await this.#recovered();
      // What is there and cannot be read now would be lost by writing over it.
      const kept = await this.#load(id);
      const merged = kept ? mergeTurns(conversation, kept) : conversation;
      const isKept = await this.#write(id, "conversation", conversationJson(merged));
      if (isKept) await this.#prune(id);
      return isKept;
    });
  }

  /** Gives a conversation another title, which stays until it is given the next. */
  async rename(id: string, title: string): Promise<void> {
    await this.#write(id, "title", title);
  }

  async isDeleted(id: string): Promise<boolean> {
    return (await this.#folder.read(fileOf(id, "deleted"))) !== undefined;
  }

  remove(id: string): Promise<void> {
    return this.#writes.run(async () => {
      await this.#folder.write(fileOf(id, "deleted"), "");
      for (const kind of ["conversation", "title"] as const) await this.#folder.remove(fileOf(id, kind));
    });
  }

  /** Removes every conversation and what was set aside. */
  async removeAll(): Promise<void> {
    for (const id of idsIn(await this.#folder.names(), "conversation")) await this.remove(id);
    for (const name of await this.#folder.names())
      if (!name.endsWith(endings.deleted)) await this.#folder.remove(name);
  }

  create(now: number): Conversation {
    return newConversation(crypto.randomUUID(), now);
  }

  /** @returns false when the conversation has been deleted: then the file is not there. */
  async #write(id: string, kind: "conversation" | "title", text: string): Promise<boolean> {
    if (await this.isDeleted(id)) return false;
    await this.#folder.write(fileOf(id, kind), text);
    if (!(await this.isDeleted(id))) return true;
    // Another window marks what it deletes before it removes it: either that or this takes the file away.
    await this.#folder.remove(fileOf(id, kind));
    return false;
  }

  /** Keeps conversations, marks of deleted ones and what was set aside bounded. */
  async #prune(keep: string): Promise<void> {
    const names = await this.#folder.names();
    for (const id of await this.#oldest(names, "conversation")) {
      if (id === keep) continue;
      for (const kind of ["conversation", "title"] as const) await this.#folder.remove(fileOf(id, kind));
    }
    for (const kind of ["deleted", "broken"] as const)
      for (const id of await this.#oldest(names, kind)) await this.#folder.remove(fileOf(id, kind));
    for (const name of names.filter((one) => one.endsWith(temporaryEnding)))
      if (Date.now() - (await this.#folder.modifiedAt(name)) > longestWriteMs)
        await this.#folder.remove(name);
  }

  /** Those of a kind that are too many. */
  async #oldest(names: readonly string[], kind: Kind): Promise<readonly string[]> {
    const ids = idsIn(names, kind);
    if (ids.length <= maxConversations) return [];
    const aged = await Promise.all(
      ids.map(async (id) => ({ id, at: await this.#folder.modifiedAt(fileOf(id, kind)) })),
    );
    aged.sort((a, b) => a.at - b.at);
    return aged.slice(0, ids.length - maxConversations).map(({ id }) => id);
  }
}

function idsIn(names: readonly string[], kind: Kind): readonly string[] {
  const bare = names
    .filter((name) => name.endsWith(endings[kind]))
    .map((name) => name.slice(0, -endings[kind].length));
  // Other programs leave files too, such as the copies of a synchronisation.
  return bare.filter(isId);
}

function isWhole(json: string, id: string): boolean {
  try {
    parseConversation(json, id);
    return true;
  } catch {
    return false;
  }
}

function isId(text: string): boolean {
  return /^[\w-]+$/.test(text);
}

function fileOf(id: string, kind: Kind): string {
  if (!isId(id)) throw new Error("not the id of a conversation");
  return `${id}${endings[kind]}`;
}
