import type { Log } from "../base/log.ts";
import { type Conversation, mergeTurns, newConversation, type Turn } from "./conversation.ts";
import { listOf, oneOf, optional, record, text, whole } from "./messageForm.ts";
import type { ConversationSummary } from "./protocol.ts";
import type { TextFolder } from "./textFolder.ts";
import { placeForm } from "./viewMessage.ts";

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
    let json: string | undefined;
    try {
      json = await this.#folder.read(fileOf(id));
    } catch (error) {
      this.#log.warn(`Chat history: cannot read ${id}: ${error}`);
    }
    if (json === undefined) return undefined;
    try {
      return parseConversation(json, id);
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
      const merged = kept ? mergeTurns(conversation, kept) : conversation;
      const json = JSON.stringify({ version: fileVersion, conversation: merged });
      await this.#folder.write(fileOf(conversation.id), json);
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
    const bare = names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
    // Other programs leave files too, such as the copies of a synchronisation.
    return bare.filter(isId);
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

const ending = ".json";

function isId(text: string): boolean {
  return /^[\w-]+$/.test(text);
}

function fileOf(id: string): string {
  if (!isId(id)) throw new Error("not the id of a conversation");
  return `${id}${ending}`;
}

/** What the view refuses in a message is as damaged as what does not parse. */
const isTurn = record({
  id: text,
  parentId: optional(text),
  role: oneOf("user", "assistant"),
  text,
  question: optional(text),
  context: text,
  places: listOf(placeForm),
  state: oneOf("complete", "streaming", "stopped", "failed"),
  error: optional(record({ message: text, hint: text })),
  standIn: optional(text),
});

const isConversation = record({
  id: text,
  title: text,
  createdAt: whole,
  updatedAt: whole,
  turns: listOf(isTurn),
  headId: optional(text),
  draft: text,
});

/** @throws {Error} unless each turn stands once, behind its parent, so that the turns form no circle. */
function checkTree(turns: readonly Turn[]): void {
  const ids = new Set(turns.map(({ id }) => id));
  const seen = new Set<string>();
  for (const { id, parentId } of turns) {
    if (seen.has(id)) throw new Error("a turn stands twice");
    if (parentId !== undefined && ids.has(parentId) && !seen.has(parentId))
      throw new Error("a turn stands before its parent");
    seen.add(id);
  }
}

/** @param id the file's: a copy that a person or a program made of a file is a conversation of its own. */
function parseConversation(json: string, id: string): Conversation {
  const data = JSON.parse(json) as { readonly version?: unknown; readonly conversation?: unknown } | null;
  if (data?.version !== fileVersion) throw new Error("unknown format");
  if (!isConversation(data.conversation)) throw new Error("missing or damaged fields");
  const conversation = data.conversation as Conversation;
  checkTree(conversation.turns);
  return {
    ...conversation,
    id,
    turns: conversation.turns.map((turn) =>
      turn.state === "streaming" ? { ...turn, state: "stopped" } : turn,
    ),
  };
}
