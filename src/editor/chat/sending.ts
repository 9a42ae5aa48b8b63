import type { ChatSession } from "../../chat/chatSession.ts";
import { parseMentions } from "../../chat/mentions.ts";
import { helpText, type ParsedMessage, type PromptFile, parseMessage } from "../../chat/slashCommands.ts";
import type { Composing } from "./composing.ts";

export interface SendingParts {
  readonly session: ChatSession;
  readonly composing: Pick<Composing, "compose">;
  readonly promptFiles: () => Promise<readonly PromptFile[]>;
  /** Carries out a slash command in the editor; undefined when it can only be asked about. */
  readonly slash: (name: string, rest: string) => Promise<{ readonly text?: string } | undefined>;
}

/** What sending needs of the view. */
export interface SendingView {
  /** Shows what could not go along, or why nothing was sent; empty takes it away. */
  say(notice: string): void;
  /** {@link Sending.busy} may be another. */
  showBusy(): void;
  /** Puts a text into the input box. */
  showDraft(text: string): void;
  newConversation(): Promise<void>;
}

interface Message {
  readonly text: string;
  /** The message in whose place it goes, where it is another wording. */
  readonly editedTurn?: string;
  /** For which it is meant: the user may open another while its context is put together. */
  readonly conversationId: string;
}

/** A message that has been sent but does not stand in the conversation yet. */
interface Waiting extends Message {
  /** Resolves when it waits no more. */
  readonly left: Promise<void>;
  leave(): void;
}

/**
 * From a message as it was typed to an answer: commands, context, and what to tell when it cannot be sent. Until a message
 * stands in the conversation it is kept in front of the draft, so that a reload loses nothing (another wording of an earlier
 * one stands in that one's place); messages go in their order.
 */
export class Sending {
  readonly #parts: SendingParts;
  readonly #view: SendingView;
  #waiting: readonly Waiting[] = [];

  constructor(parts: SendingParts, view: SendingView) {
    this.#parts = parts;
    this.#view = view;
  }

  /** Whether a message waits for what goes along with it. */
  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  /** What stands in the input box: the draft without the messages that wait. */
  get typed(): string {
    const { draft } = this.#parts.session.conversation;
    const waiting = this.#waitingText();
    if (draft === waiting) return "";
    return waiting && draft.startsWith(`${waiting}\n`) ? draft.slice(waiting.length + 1) : draft;
  }

  /** Told of every change in the input box. */
  type(text: string): void {
    const waiting = this.#waitingText();
    this.#parts.session.setDraft(waiting && text ? `${waiting}\n${text}` : waiting || text);
  }

  /** Sends what stood in the input box, from which the page has taken it; what cannot be sent is put back there. */
  async send(text: string): Promise<void> {
    await this.#inOrder({ text, conversationId: this.#parts.session.conversation.id });
  }

  /** Sends another wording of an earlier message, which the session keeps until it stands there. */
  async edit(turnId: string, text: string): Promise<void> {
    // Pressed twice.
    if (this.#waiting.some((other) => other.editedTurn === turnId && other.text === text)) return;
    this.#parts.session.setEditing(this.#parts.session.conversation.id, turnId, text);
    await this.#inOrder({
      text,
      editedTurn: turnId,
      conversationId: this.#parts.session.conversation.id,
    });
  }

  /** Ends the running answer, and gives back what waits to be asked. */
  async stop(): Promise<void> {
    for (const message of this.#waiting.toReversed()) {
      this.#view.say("");
      this.#giveBack(message);
    }
    await this.#parts.session.stop();
  }

  async #inOrder(sent: Message): Promise<void> {
    const { session } = this.#parts;
    const earlier = this.#waiting.map(({ left }) => left);
    const message = newWaiting(sent);
    // The page has emptied its box.
    this.#wait(message, sent.editedTurn === undefined ? "" : this.typed);
    await Promise.all(earlier);
    const known = new Set(session.conversation.turns.map(({ id }) => id));
    const listening = session.onEvent(({ kind }) => {
      if (kind === "conversation" && this.#stands(message, known)) this.#leave(message);
    });
    try {
      if (this.#waits(message)) await this.#send(message);
    } catch (error) {
      if (this.#waits(message)) this.#giveBack(message);
      this.#view.say("");
      throw error;
    } finally {
      listening.dispose();
      this.#leave(message);
    }
  }

  #waits(message: Waiting): boolean {
    return this.#waiting.includes(message);
  }

  #wait(message: Waiting, typed: string): void {
    this.#waiting = [...this.#waiting, message];
    this.type(typed);
    this.#view.showBusy();
  }

  #stands({ text, conversationId }: Message, known: ReadonlySet<string>): boolean {
    const { id, turns } = this.#parts.session.conversation;
    return id === conversationId && turns.some((turn) => turn.text === text && !known.has(turn.id));
  }

  /** Takes a message out of the draft, unless that has been done. */
  #leave(message: Waiting): void {
    if (!this.#waits(message)) return;
    const { typed } = this;
    this.#waiting = this.#waiting.filter((other) => other !== message);
    message.leave();
    if (message.conversationId === this.#parts.session.conversation.id) this.type(typed);
    this.#view.showBusy();
  }

  #waitingText(): string {
    const { id } = this.#parts.session.conversation;
    return this.#waiting
      .filter(({ conversationId, editedTurn }) => conversationId === id && editedTurn === undefined)
      .map(({ text }) => text)
      .join("\n");
  }

  async #send(message: Waiting): Promise<void> {
    const prompts = await this.#parts.promptFiles();
    const parsed = parseMessage(message.text, prompts);
    if (parsed.kind === "local") {
      if (parsed.name !== "clear") return this.#tell(message, helpText(prompts));
      // It is not a draft of the chat that is left.
      this.#leave(message);
      const { editedTurn, conversationId } = message;
      if (editedTurn !== undefined) this.#parts.session.setEditing(conversationId, editedTurn, undefined);
      return this.#view.newConversation();
    }
    if (parsed.kind === "unknown")
      return this.#tell(message, `There is no command \`/${parsed.name}\`.\n\n${helpText(prompts)}`);
    const hasMentions = parseMentions(message.text).length > 0;
    if (parsed.kind === "command" && message.editedTurn === undefined && !hasMentions) {
      const done = await this.#carryOut(message, parsed.command.name, parsed.rest);
      if (done) return done.text === undefined ? undefined : this.#tell(message, done.text);
    }
    await this.#ask(message, parsed);
  }

  /** The editor shows its own progress, and other messages can be sent meanwhile. */
  async #carryOut(message: Waiting, name: string, rest: string): ReturnType<SendingParts["slash"]> {
    this.#leave(message);
    let done: Awaited<ReturnType<SendingParts["slash"]>>;
    try {
      done = await this.#parts.slash(name, rest);
    } finally {
      if (!done) this.#wait(message, this.typed);
    }
    return done;
  }

  async #ask(message: Waiting, parsed: Extract<ParsedMessage, { kind: "command" | "plain" }>): Promise<void> {
    const { session, composing } = this.#parts;
    const { text, editedTurn, conversationId } = message;
    const isCommand = parsed.kind === "command";
    const question = isCommand ? parsed.command.question(parsed.rest) : parsed.text;
    if (parseMentions(text).some(({ kind }) => kind === "workspace"))
      this.#view.say("Searching the workspace…");
    const needs = isCommand ? parsed.command.needs : undefined;
    const composed = await composing.compose(text, question, { needs, editedTurn });
    // Stopped meanwhile.
    if (!this.#waits(message)) return;
    if (typeof composed === "string") {
      this.#giveBack(message);
      return this.#view.say(composed);
    }
    this.#view.say(composed.notice);
    // It may be stopped while it waits for the answer before to end.
    const isMeant = (id: string): boolean => id === conversationId && this.#waits(message);
    const isAsked =
      editedTurn === undefined
        ? await session.ask(text, question, composed.context, isMeant)
        : await session.edit(editedTurn, text, question, composed.context, isMeant);
    if (!isAsked && this.#waits(message)) this.#comeTooLate(message);
  }

  async #tell(message: Waiting, answer: string): Promise<void> {
    const { text, conversationId } = message;
    if (!(await this.#parts.session.tell(text, answer, (id) => id === conversationId)))
      this.#comeTooLate(message);
  }

  #comeTooLate(message: Waiting): void {
    this.#giveBack(message);
    const where = this.typed.startsWith(message.text) ? "in the input box" : "in that chat still";
    this.#view.say(`The chat that this message was meant for is no longer open. It stands ${where}.`);
  }

  /** Puts a message where it can be changed, before what was typed since. */
  #giveBack(message: Waiting): void {
    this.#leave(message);
    const { text, editedTurn } = message;
    // It stands in the place of the message still.
    if (editedTurn !== undefined) return;
    const { typed } = this;
    // A chat that takes the place of one that was deleted has its draft already.
    const isThere = typed === text || typed.startsWith(`${text}\n`);
    const both = isThere ? typed : typed.trim() ? `${text}\n${typed}` : text;
    this.type(both);
    this.#view.showDraft(both);
  }
}

function newWaiting(message: Message): Waiting {
  let leave = (): void => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  return { ...message, left, leave };
}
