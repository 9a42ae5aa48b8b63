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

/** From a message as it was typed to an answer: commands, context, and what to tell when it cannot be sent. */
export class Sending {
  readonly #parts: SendingParts;
  readonly #view: SendingView;

  constructor(parts: SendingParts, view: SendingView) {
    this.#parts = parts;
    this.#view = view;
  }

  /** Sends what stood in the input box, from which the page has taken it; what cannot be sent is put back there. */
  async send(text: string): Promise<void> {
    const { session } = this.#parts;
    // What the page no longer shows must not come back with the next reload.
    session.setDraft("");
    try {
      await this.#send({ text, conversationId: session.conversation.id });
    } catch (error) {
      this.#giveBack(text);
      this.#view.say("");
      throw error;
    }
  }

  /** Sends another wording of an earlier message. */
  async edit(turnId: string, text: string): Promise<void> {
    await this.#send({ text, editedTurn: turnId, conversationId: this.#parts.session.conversation.id });
  }

  async #send(message: Message): Promise<void> {
    const prompts = await this.#parts.promptFiles();
    const parsed = parseMessage(message.text, prompts);
    if (parsed.kind === "local") {
      return parsed.name === "clear" ? this.#view.newConversation() : this.#tell(message, helpText(prompts));
    }
    if (parsed.kind === "unknown")
      return this.#tell(message, `There is no command \`/${parsed.name}\`.\n\n${helpText(prompts)}`);
    const hasMentions = parseMentions(message.text).length > 0;
    if (parsed.kind === "command" && message.editedTurn === undefined && !hasMentions) {
      const done = await this.#parts.slash(parsed.command.name, parsed.rest);
      if (done) return done.text === undefined ? undefined : this.#tell(message, done.text);
    }
    await this.#ask(message, parsed);
  }

  async #ask(message: Message, parsed: Extract<ParsedMessage, { kind: "command" | "plain" }>): Promise<void> {
    const { session, composing } = this.#parts;
    const { text, editedTurn, conversationId } = message;
    const isCommand = parsed.kind === "command";
    const question = isCommand ? parsed.command.question(parsed.rest) : parsed.text;
    if (parseMentions(text).some(({ kind }) => kind === "workspace"))
      this.#view.say("Searching the workspace…");
    const composed = await composing.compose(text, question, isCommand ? parsed.command.needs : undefined);
    if (typeof composed === "string") {
      if (editedTurn === undefined) this.#giveBack(text);
      return this.#view.say(composed);
    }
    this.#view.say(composed.notice);
    const isAsked =
      editedTurn === undefined
        ? await session.ask(text, question, composed.context, conversationId)
        : await session.edit(editedTurn, text, question, composed.context);
    if (!isAsked) this.#comeTooLate(text);
  }

  async #tell({ text, conversationId }: Message, answer: string): Promise<void> {
    if (!(await this.#parts.session.tell(text, answer, conversationId))) this.#comeTooLate(text);
  }

  #comeTooLate(text: string): void {
    this.#giveBack(text);
    this.#view.say("The chat that this message was meant for is no longer open. It stands in the input box.");
  }

  /** Puts a message where it can be changed, before what was typed since. */
  #giveBack(text: string): void {
    const { session } = this.#parts;
    const { draft } = session.conversation;
    const both = draft.trim() && draft !== text ? `${text}\n${draft}` : text;
    session.setDraft(both);
    this.#view.showDraft(both);
  }
}
