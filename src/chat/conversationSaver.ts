import type { ChatSessionOptions, SessionEvent } from "./chatSessionForm.ts";
import type { Conversation } from "./conversation.ts";

/** Puts a conversation on disk, and says once when that begins to fail. */
export class ConversationSaver {
  readonly #parts: Pick<ChatSessionOptions, "store" | "log">;
  readonly #tell: (event: SessionEvent) => void;
  #isUnsaved = false;

  constructor(parts: Pick<ChatSessionOptions, "store" | "log">, tell: (event: SessionEvent) => void) {
    this.#parts = parts;
    this.#tell = tell;
  }

  /** Whether another window has deleted it; not where that cannot be read. */
  async isDeleted(id: string): Promise<boolean> {
    try {
      return await this.#parts.store.isDeleted(id);
    } catch (error) {
      this.#parts.log.error(`Chat: whether the conversation is there could not be read (${error})`);
      return false;
    }
  }

  /**
   * Conversations in which nothing has been written yet are not kept.
   * @returns false when it has been deleted, here or in another window.
   */
  async save(conversation: Conversation): Promise<boolean> {
    const { id, turns, draft } = conversation;
    const isEmpty = turns.length === 0 && draft.trim() === "";
    try {
      // One that is kept for its draft must not bring back what was taken out of it.
      if (isEmpty && !(await this.#parts.store.load(id))) return true;
      const isKept = await this.#parts.store.save(conversation);
      this.#isUnsaved = false;
      return isKept;
    } catch (error) {
      this.#parts.log.error(`Chat: the conversation could not be saved (${error})`);
      if (!this.#isUnsaved) this.#tell({ kind: "unsaved", reason: String(error) });
      this.#isUnsaved = true;
      return true;
    }
  }
}
