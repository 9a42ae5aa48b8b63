import type { Log } from "../base/log.ts";
import { type Conversation, mergeTurns, newConversation } from "./conversation.ts";
import { conversationJson, parseConversation } from "./conversationFile.ts";
import type { ConversationSummary } from "./protocol.ts";
import type { TextFolder } from "./textFolder.ts";

/** Conversations kept per workspace; the oldest beyond this are removed. */
export const maxConversations = 200;

/**
 * The files of a conversation. What different windows do to one has files of its own, so that no save of what another
 * window has in memory undoes it: a title that the user gave is a file, and so is the fact that it was deleted.
 */
const endings = { conversation: ".json", title: ".title", deleted: ".deleted" } as const;

/**
 * Conversations that are kept in `folder`, which several windows may share: a save keeps the turns that another window
 * has added to the same conversation and the title that it was given there, and brings nothing back that was deleted.
 * @throws the folder's errors from everything that writes; a file that cannot be read is logged, set aside under the
 *   name `*.broken` and treated as absent.
 */
export class ConversationStore {
  readonly #folder: TextFolder;
  readonly #log: Log;
  readonly #onDamaged: (file: string) => void;
  /** Writes of one conversation follow each other, so that an older state never overwrites a newer one. */
  #writing: Promise<unknown> = Promise.resolve();

  /** @param onDamaged told the new name of a file that had to be set aside. */
  constructor(folder: TextFolder, log: Log, onDamaged: (file: string) => void = () => undefined) {
    this.#folder = folder;
    this.#log = log;
    this.#onDamaged = onDamaged;
  }

  /** Newest first. */
  async list(): Promise<readonly ConversationSummary[]> {
    const conversations = await Promise.all((await this.#ids("conversation")).map((id) => this.load(id)));
    return conversations
      .filter((conversation) => conversation !== undefined)
      .map(({ id, title, updatedAt }) => ({ id, title, updatedAt }))
      .sort((a, b) => b.updatedAt - a.updatedAt);
  }

  /** The conversation, with what was streaming at a crash marked as stopped; undefined when there is none. */
  async load(id: string): Promise<Conversation | undefined> {
    let json: string | undefined;
    let title: string | undefined;
    try {
      if (await this.isDeleted(id)) return undefined;
      json = await this.#folder.read(fileOf(id, "conversation"));
      title = (await this.#folder.read(fileOf(id, "title")))?.trim();
    } catch (error) {
      this.#log.warn(`Chat history: cannot read ${id}: ${error}`);
    }
    if (json === undefined) return undefined;
    try {
      const conversation = parseConversation(json, id);
      return title ? { ...conversation, title } : conversation;
    } catch (error) {
      this.#log.warn(`Chat history: ${id} is damaged and was set aside (${error})`);
      const aside = `${fileOf(id, "conversation")}.broken`;
      await this.#folder.rename(fileOf(id, "conversation"), aside);
      this.#onDamaged(aside);
      return undefined;
    }
  }

  /** @returns false when the conversation has been deleted, here or in another window: then nothing of it is kept. */
  save(conversation: Conversation): Promise<boolean> {
    const { id } = conversation;
    const write = this.#writing.then(async () => {
      const kept = await this.load(id);
      const merged = kept ? mergeTurns(conversation, kept) : conversation;
      const isKept = await this.#write(id, "conversation", conversationJson(merged));
      if (isKept) await this.#prune(id);
      return isKept;
    });
    this.#writing = write.catch(() => undefined);
    return write;
  }

  /** Gives a conversation another title, which stays until it is given the next. */
  async rename(id: string, title: string): Promise<void> {
    await this.#write(id, "title", title);
  }

  async isDeleted(id: string): Promise<boolean> {
    return (await this.#folder.read(fileOf(id, "deleted"))) !== undefined;
  }

  async remove(id: string): Promise<void> {
    await this.#writing;
    await this.#folder.write(fileOf(id, "deleted"), "");
    for (const kind of ["conversation", "title"] as const) await this.#folder.remove(fileOf(id, kind));
  }

  /** Removes every conversation and what was set aside. */
  async removeAll(): Promise<void> {
    for (const id of await this.#ids("conversation")) await this.remove(id);
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

  async #ids(kind: keyof typeof endings): Promise<readonly string[]> {
    const names = await this.#folder.names();
    const bare = names
      .filter((name) => name.endsWith(endings[kind]))
      .map((name) => name.slice(0, -endings[kind].length));
    // Other programs leave files too, such as the copies of a synchronisation.
    return bare.filter(isId);
  }

  /** Keeps conversations and marks of deleted ones bounded. */
  async #prune(keep: string): Promise<void> {
    for (const id of await this.#oldest("conversation")) {
      if (id === keep) continue;
      for (const kind of ["conversation", "title"] as const) await this.#folder.remove(fileOf(id, kind));
    }
    for (const id of await this.#oldest("deleted")) await this.#folder.remove(fileOf(id, "deleted"));
  }

  /** Those of a kind that are too many. */
  async #oldest(kind: keyof typeof endings): Promise<readonly string[]> {
    const ids = await this.#ids(kind);
    if (ids.length <= maxConversations) return [];
    const aged = await Promise.all(
      ids.map(async (id) => ({ id, at: await this.#folder.modifiedAt(fileOf(id, kind)) })),
    );
    aged.sort((a, b) => a.at - b.at);
    return aged.slice(0, ids.length - maxConversations).map(({ id }) => id);
  }
}

function isId(text: string): boolean {
  return /^[\w-]+$/.test(text);
}

function fileOf(id: string, kind: keyof typeof endings): string {
  if (!isId(id)) throw new Error("not the id of a conversation");
  return `${id}${endings[kind]}`;
}
