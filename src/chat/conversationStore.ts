import type { Log } from "../base/log.ts";
import { branchOf, type Conversation, mergeTurns, newConversation } from "./conversation.ts";
import type { ConversationSummary } from "./protocol.ts";
import type { TextFolder } from "./textFolder.ts";

/** Conversations kept per workspace; the oldest beyond this are removed. */
export const maxConversations = 200;

const fileVersion = 1;

/**
 * Conversations that are kept, one JSON file each in `folder`. Several windows may share the folder: a save keeps the
 * turns that another window has added to the same conversation.
 * @throws the folder's errors from `save` and the removals; a file that cannot be read is logged, set aside
 *   under the name `*.broken` and treated as absent.
 */
export class ConversationStore {
  readonly #folder: TextFolder;
  readonly #log: Log;
  readonly #onDamaged: (file: string) => void;
  /** Writes of one conversation follow each other, so that an older state never overwrites a newer one. */
  #writing: Promise<void> = Promise.resolve();

  /** @param onDamaged told the new name of a file that had to be set aside. */
  constructor(folder: TextFolder, log: Log, onDamaged: (file: string) => void = () => undefined) {
    this.#folder = folder;
    this.#log = log;
    this.#onDamaged = onDamaged;
  }

  /** Newest first. */
  async list(): Promise<readonly ConversationSummary[]> {
    const conversations = await Promise.all((await this.#ids()).map((id) => this.load(id)));
    return conversations
      .filter((conversation) => conversation !== undefined)
      .map(({ id, title, updatedAt }) => ({ id, title, updatedAt }))
      .sort((a, b) => b.updatedAt - a.updatedAt);
  }

  /** The conversation, with what was streaming at a crash marked as stopped; undefined when there is none. */
  async load(id: string): Promise<Conversation | undefined> {
    let text: string | undefined;
    try {
      text = await this.#folder.read(fileOf(id));
    } catch (error) {
      this.#log.warn(`Chat history: cannot read ${id}: ${error}`);
    }
    if (text === undefined) return undefined;
    try {
      return parseConversation(text);
    } catch (error) {
      this.#log.warn(`Chat history: ${id} is damaged and was set aside (${error})`);
      const aside = `${fileOf(id)}.broken`;
      await this.#folder.rename(fileOf(id), aside);
      this.#onDamaged(aside);
      return undefined;
    }
  }

  save(conversation: Conversation): Promise<void> {
    const write = this.#writing.then(async () => {
      const kept = await this.load(conversation.id);
      const whole = kept ? mergeTurns(conversation, kept) : conversation;
      const text = JSON.stringify({ version: fileVersion, conversation: whole });
      await this.#folder.write(fileOf(conversation.id), text);
      await this.#prune(conversation.id);
    });
    this.#writing = write.catch(() => undefined);
    return write;
  }

  async remove(id: string): Promise<void> {
    await this.#writing;
    await this.#folder.remove(fileOf(id));
  }

  async removeAll(): Promise<void> {
    await this.#writing;
    await this.#folder.removeAll();
  }

  create(now: number): Conversation {
    return newConversation(crypto.randomUUID(), now);
  }

  async #ids(): Promise<readonly string[]> {
    const names = await this.#folder.names();
    return names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
  }

  async #prune(keep: string): Promise<void> {
    const ids = await this.#ids();
    if (ids.length <= maxConversations) return;
    const aged = await Promise.all(
      ids.map(async (id) => ({ id, at: await this.#folder.modifiedAt(fileOf(id)) })),
    );
    aged.sort((a, b) => a.at - b.at);
    for (const { id } of aged.slice(0, ids.length - maxConversations)) {
      if (id !== keep) await this.#folder.remove(fileOf(id));
    }
  }
}

function fileOf(id: string): string {
  if (!/^[\w-]+$/.test(id)) throw new Error("not the id of a conversation");
  return `${id}.json`;
}

function parseConversation(text: string): Conversation {
  const data: unknown = JSON.parse(text);
  if (!isRecord(data) || data["version"] !== fileVersion || !isRecord(data["conversation"])) {
    throw new Error("unknown format");
  }
  const conversation = data["conversation"] as unknown as Conversation;
  if (typeof conversation.id !== "string" || !Array.isArray(conversation.turns))
    throw new Error("missing fields");
  if (!conversation.turns.every(isTurn)) throw new Error("damaged turns");
  // Throws when the turns form a circle.
  branchOf(conversation);
  return {
    ...conversation,
    turns: conversation.turns.map((turn) =>
      turn.state === "streaming" ? { ...turn, state: "stopped" } : turn,
    ),
  };
}

function isTurn(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value["id"] === "string" &&
    typeof value["text"] === "string" &&
    (value["role"] === "user" || value["role"] === "assistant") &&
    Array.isArray(value["places"])
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
