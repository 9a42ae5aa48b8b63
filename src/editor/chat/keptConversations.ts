import * as vscode from "vscode";
import type { ChatSession } from "../../chat/chatSession.ts";
import { conversationMarkdown } from "../../chat/conversation.ts";
import type { ConversationStore } from "../../chat/conversationStore.ts";
import { forgetAllConversations, forgetConversation } from "../../chat/forgetConversations.ts";

/** What the user does with kept conversations. */
export class KeptConversations {
  readonly #session: ChatSession;
  readonly #store: ConversationStore;

  constructor(session: ChatSession, store: ConversationStore) {
    this.#session = session;
    this.#store = store;
  }

  /** @returns whether it is there still. */
  open(id: string): Promise<boolean> {
    return this.#session.openKept(id);
  }

  async rename(id: string, title: string): Promise<void> {
    await this.#store.rename(id, title);
  }

  async remove(id: string): Promise<void> {
    await forgetConversation(this.#session, this.#store, id);
  }

  /** Asks first. @returns whether the user agreed. */
  async removeAll(): Promise<boolean> {
    const sure = "Delete All";
    const answer = await vscode.window.showWarningMessage(
      "Delete every kept conversation of this workspace?",
      { modal: true, detail: "This cannot be undone." },
      sure,
    );
    if (answer !== sure) return false;
    await forgetAllConversations(this.#session, this.#store);
    return true;
  }

  /** Opens the conversation as a Markdown document that is not saved yet. */
  async export(id: string): Promise<void> {
    const conversation = await this.#store.load(id);
    if (!conversation) return;
    const content = conversationMarkdown(conversation);
    await vscode.window.showTextDocument(
      await vscode.workspace.openTextDocument({ content, language: "markdown" }),
    );
  }
}
