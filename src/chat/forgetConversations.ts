import type { ChatSession } from "./chatSession.ts";
import type { ConversationStore } from "./conversationStore.ts";

type Shown = Pick<ChatSession, "conversation" | "open">;

/** Deletes a conversation for good. Where it is on screen a new one takes its place first, so that nothing brings it back. */
export async function forgetConversation(
  session: Shown,
  store: ConversationStore,
  id: string,
): Promise<void> {
  // An answer that is still being written is saved when it stops, so it has to stop first.
  if (session.conversation.id === id) await session.open(store.create(Date.now()));
  await store.remove(id);
}

/** Deletes every conversation for good. What is typed where there is no message yet stays. */
export async function forgetAllConversations(session: Shown, store: ConversationStore): Promise<void> {
  const { turns, draft } = session.conversation;
  const next = store.create(Date.now());
  await session.open(turns.length === 0 ? { ...next, draft } : next);
  await store.removeAll();
}
