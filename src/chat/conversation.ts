import type { PromptTurn } from "../prompt/chatPrompt.ts";
import type { EditingView, PlaceView, ScrollPosition, TurnView } from "./protocol.ts";

/** A message with its place in the tree of versions; `parentId` is absent for a first message. */
export interface Turn {
  readonly id: string;
  readonly parentId?: string;
  readonly role: "user" | "assistant";
  readonly text: string;
  /** What the model is asked where it differs from `text`, as with a slash command. */
  readonly question?: string;
  /** The context that went along with a user's message, as it was sent. */
  readonly context: string;
  readonly places: readonly PlaceView[];
  readonly state: TurnView["state"];
  readonly error?: { readonly message: string; readonly hint: string };
  readonly standIn?: TurnView["standIn"];
}

/**
 * A conversation is a tree: editing a message or asking again adds a sibling, nothing is overwritten. `headId` is
 * the last turn of the branch on screen.
 */
export interface Conversation {
  readonly id: string;
  readonly title: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly turns: readonly Turn[];
  readonly headId?: string;
  /** What stands in the input box. */
  readonly draft: string;
  /** Another wording of a message that is being typed in its place. */
  readonly editing?: EditingView | undefined;
  /** Where the reader is; absent at the end. */
  readonly scroll?: ScrollPosition | undefined;
}

export const untitled = "New chat";

export function newConversation(id: string, now: number): Conversation {
  return { id, title: untitled, createdAt: now, updatedAt: now, turns: [], draft: "" };
}

/** The turns on screen, first to last. */
export function branchOf(conversation: Conversation, headId = conversation.headId): readonly Turn[] {
  const byId = new Map(conversation.turns.map((turn) => [turn.id, turn]));
  const branch: Turn[] = [];
  for (let turn = headId ? byId.get(headId) : undefined; turn; ) {
    branch.unshift(turn);
    turn = turn.parentId ? byId.get(turn.parentId) : undefined;
    if (branch.length > conversation.turns.length)
      throw new Error("the turns of a conversation form a circle");
  }
  return branch;
}

/** The turns as the model is asked them. */
export function promptTurns(turns: readonly Turn[]): readonly PromptTurn[] {
  return turns.map(({ role, text, question, context }) => ({ role, text: question ?? text, context }));
}

/** The turns in front of a next one, or of one that takes the place of `editedTurn`. */
export function turnsBefore(conversation: Conversation, editedTurn?: string): readonly Turn[] {
  return editedTurn === undefined ? branchOf(conversation) : branchOf(conversation, editedTurn).slice(0, -1);
}

/** All versions of a turn: those with the same parent and role, oldest first. */
export function versionsOf(conversation: Conversation, turn: Turn): readonly Turn[] {
  return conversation.turns.filter((other) => other.parentId === turn.parentId && other.role === turn.role);
}

/** A turn that is whole and has nothing along, but for what `fields` say. */
export function newTurn(
  id: string,
  parentId: string | undefined,
  fields: Pick<Turn, "role" | "text"> & Partial<Turn>,
): Turn {
  return {
    context: "",
    places: [],
    state: "complete",
    ...fields,
    id,
    ...(parentId !== undefined && { parentId }),
  };
}

/** Adds a turn and puts it on screen. The first user's message gives the conversation its title. */
export function addTurn(conversation: Conversation, turn: Turn, now: number): Conversation {
  const title =
    conversation.title === untitled && turn.role === "user" ? titleFrom(turn.text) : conversation.title;
  return { ...conversation, title, turns: [...conversation.turns, turn], headId: turn.id, updatedAt: now };
}

/** Replaces the fields of one turn. */
export function changeTurn(
  conversation: Conversation,
  id: string,
  change: Partial<Turn>,
  now: number,
): Conversation {
  const turns = conversation.turns.map((turn) => (turn.id === id ? { ...turn, ...change } : turn));
  return { ...conversation, turns, updatedAt: now };
}

/**
 * `conversation` with the turns of another copy of it, as two windows on one workspace make them. Turns are never
 * taken away and their texts only grow, so the longer text is the newer one. An answer that was read while it streamed
 * counts as stopped, so of two that are as long that is the older one.
 */
export function mergeTurns(conversation: Conversation, other: Conversation): Conversation {
  const turns = new Map(other.turns.map((turn) => [turn.id, turn]));
  for (const turn of conversation.turns) {
    const theirs = turns.get(turn.id);
    if (!theirs || !isNewer(theirs, turn)) turns.set(turn.id, turn);
  }
  return { ...conversation, turns: [...turns.values()] };
}

/** `conversation` without another wording that has been sent; what was typed there since stays. */
export function withoutEditing(conversation: Conversation, sent: string): Conversation {
  return conversation.editing?.text === sent ? { ...conversation, editing: undefined } : conversation;
}

/** What of a conversation is not sent yet. */
export function allTyped({ draft, editing }: Conversation): string {
  return [editing?.text, draft].filter(Boolean).join("\n");
}

function isNewer(one: Turn, other: Turn): boolean {
  if (one.text.length !== other.text.length) return one.text.length > other.text.length;
  return other.state === "stopped" && one.state !== "stopped";
}

/** `conversation` with another wording of a message that is being typed; without `text`, with no longer one of this message. */
export function withEditing(
  conversation: Conversation,
  turnId: string,
  text: string | undefined,
): Conversation {
  if (text !== undefined) return { ...conversation, editing: { turnId, text } };
  return conversation.editing?.turnId === turnId ? { ...conversation, editing: undefined } : conversation;
}

/** Puts another version of `turnId` on screen, followed by its newest descendants. */
export function showVersion(conversation: Conversation, turnId: string, step: -1 | 1): Conversation {
  const turn = conversation.turns.find((candidate) => candidate.id === turnId);
  if (!turn) return conversation;
  const versions = versionsOf(conversation, turn);
  const next = versions[versions.indexOf(turn) + step];
  if (!next) return conversation;
  let head = next;
  for (;;) {
    const child = conversation.turns.findLast((candidate) => candidate.parentId === head.id);
    if (!child) return { ...conversation, headId: head.id };
    head = child;
  }
}

export function turnView(conversation: Conversation, turn: Turn): TurnView {
  const versions = versionsOf(conversation, turn);
  return {
    id: turn.id,
    role: turn.role,
    text: turn.text,
    state: turn.state,
    ...(turn.error && { error: turn.error }),
    ...(turn.standIn !== undefined && { standIn: turn.standIn }),
    places: turn.places,
    version: { index: versions.indexOf(turn) + 1, count: versions.length },
  };
}

/** The branch on screen as Markdown, for export. */
export function conversationMarkdown(conversation: Conversation): string {
  const parts = branchOf(conversation).map(
    (turn) => `## ${turn.role === "user" ? "You" : "Wisp"}\n\n${withClosedFence(turn.text.trim())}\n`,
  );
  return [`# ${conversation.title}\n`, ...parts].join("\n");
}

/** An answer that was stopped inside a code block would take in what follows. */
function withClosedFence(text: string): string {
  let open: { readonly indent: string; readonly fence: string } | undefined;
  for (const line of text.split("\n")) {
    const [, indent = "", fence, info = ""] = /^(\s*)(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (!fence) continue;
    if (!open) open = fence.startsWith("`") && info.includes("`") ? undefined : { indent, fence };
    else if (fence.startsWith(open.fence) && info.trim() === "") open = undefined;
  }
  return open ? `${text}\n${open.indent}${open.fence}` : text;
}

function titleFrom(text: string): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  const short = line.length > 60 ? `${line.slice(0, 59).trimEnd()}…` : line;
  return short || untitled;
}
