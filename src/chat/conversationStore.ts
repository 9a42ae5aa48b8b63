import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import type { Log } from "../base/log.ts";
import { type Conversation, newConversation } from "./conversation.ts";
import type { ConversationSummary } from "./protocol.ts";

/** Conversations kept per workspace; the oldest beyond this are removed. */
export const maxConversations = 200;

const fileVersion = 1;

/**
 * Conversations on disk, one JSON file each in `directory`. Every write goes to a temporary name and is renamed, so a
 * crash leaves either the old or the new file.
 * @throws the file system's errors from `save` and the removals; a file that cannot be read is logged, set aside
 *   under the name `*.broken` and treated as absent.
 */
export class ConversationStore {
  readonly #directory: string;
  readonly #log: Log;
  /** Writes of one conversation follow each other, so that an older state never overwrites a newer one. */
  #writing: Promise<void> = Promise.resolve();

  constructor(directory: string, log: Log) {
    this.#directory = directory;
    this.#log = log;
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
    let text: string;
    try {
      text = await fs.readFile(this.#file(id), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        this.#log.warn(`Chat history: cannot read ${id}: ${error}`);
      return undefined;
    }
    try {
      return parseConversation(text);
    } catch (error) {
      this.#log.warn(`Chat history: ${id} is damaged and was set aside (${error})`);
      await fs.rename(this.#file(id), `${this.#file(id)}.broken`);
      return undefined;
    }
  }

  save(conversation: Conversation): Promise<void> {
    const write = this.#writing.then(async () => {
      await fs.mkdir(this.#directory, { recursive: true });
      const file = this.#file(conversation.id);
      const temporary = `${file}.${randomUUID()}.tmp`;
      await fs.writeFile(temporary, JSON.stringify({ version: fileVersion, conversation }));
      await fs.rename(temporary, file);
      await this.#prune(conversation.id);
    });
    this.#writing = write.catch(() => undefined);
    return write;
  }

  async remove(id: string): Promise<void> {
    await this.#writing;
    await fs.rm(this.#file(id), { force: true });
  }

  async removeAll(): Promise<void> {
    await this.#writing;
    await fs.rm(this.#directory, { recursive: true, force: true });
  }

  create(now: number): Conversation {
    return newConversation(randomUUID(), now);
  }

  async #ids(): Promise<readonly string[]> {
    try {
      const names = await fs.readdir(this.#directory);
      return names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }

  async #prune(keep: string): Promise<void> {
    const ids = await this.#ids();
    if (ids.length <= maxConversations) return;
    const aged = await Promise.all(
      ids.map(async (id) => ({ id, at: (await fs.stat(this.#file(id))).mtimeMs })),
    );
    aged.sort((a, b) => a.at - b.at);
    for (const { id } of aged.slice(0, ids.length - maxConversations)) {
      if (id !== keep) await fs.rm(this.#file(id), { force: true });
    }
  }

  #file(id: string): string {
    if (!/^[\w-]+$/.test(id)) throw new Error("not the id of a conversation");
    return path.join(this.#directory, `${id}.json`);
  }
}

function parseConversation(text: string): Conversation {
  const data: unknown = JSON.parse(text);
  if (!isRecord(data) || data["version"] !== fileVersion || !isRecord(data["conversation"])) {
    throw new Error("unknown format");
  }
  const conversation = data["conversation"] as unknown as Conversation;
  if (typeof conversation.id !== "string" || !Array.isArray(conversation.turns))
    throw new Error("missing fields");
  return {
    ...conversation,
    turns: conversation.turns.map((turn) =>
      turn.state === "streaming" ? { ...turn, state: "stopped" } : turn,
    ),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
