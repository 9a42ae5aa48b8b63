import type { Conversation, Turn } from "./conversation.ts";
import { listOf, oneOf, optional, record, text, whole } from "./messageForm.ts";
import { editingForm, placeForm, scrollForm } from "./viewMessage.ts";

const fileVersion = 1;

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
  scroll: optional(scrollForm),
  editing: optional(editingForm),
});

/** A conversation as the text of its file. */
export function conversationJson(conversation: Conversation): string {
  return JSON.stringify({ version: fileVersion, conversation });
}

/**
 * The conversation of a file, with what was streaming at a crash marked as stopped.
 * @param id the file's: a copy that a person or a program made of a file is a conversation of its own.
 * @throws {Error} when the text is damaged.
 */
export function parseConversation(json: string, id: string): Conversation {
  const data = JSON.parse(json) as { readonly version?: unknown; readonly conversation?: unknown } | null;
  if (data?.version !== fileVersion) throw new Error("unknown format");
  if (!isConversation(data.conversation)) throw new Error("missing or damaged fields");
  const { headId: kept, ...conversation } = data.conversation as Conversation;
  checkTree(conversation.turns);
  // Without a turn to begin at, nothing would be on screen of a conversation that is whole.
  const headId = conversation.turns.some((turn) => turn.id === kept) ? kept : conversation.turns.at(-1)?.id;
  return {
    ...conversation,
    ...(headId !== undefined && { headId }),
    id,
    turns: conversation.turns.map((turn) =>
      turn.state === "streaming" ? { ...turn, state: "stopped" } : turn,
    ),
  };
}

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
