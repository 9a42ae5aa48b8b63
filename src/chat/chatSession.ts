import { Emitter } from "../base/emitter.ts";
import { Serial } from "../base/serial.ts";
import { answerRequest } from "./answerRequest.ts";
import type { ChatSessionOptions, IsMeant, QuestionContext, SessionEvent } from "./chatSessionForm.ts";
import {
  addTurn,
  allTyped,
  branchOf,
  type Conversation,
  changeTurn,
  newTurn,
  promptTurns,
  showVersion,
  type Turn,
  turnsBefore,
  withEditing,
  withoutEditing,
} from "./conversation.ts";
import { ConversationSaver } from "./conversationSaver.ts";
import { fittingAnswer } from "./fittingAnswer.ts";
import type { ScrollPosition } from "./protocol.ts";
import { type QuestionFit, questionFit } from "./questionFit.ts";
import { readAnswer } from "./readAnswer.ts";

type Answering = { readonly ended: Promise<void> };

/** How often a streaming answer is saved, so that a crash loses little of it. */
const saveEveryMs = 1000;

/** The conversation on screen and the answer that streams into it. One answer at a time. */
export class ChatSession {
  readonly #options: ChatSessionOptions;
  readonly #events = new Emitter<SessionEvent>();
  #conversation: Conversation;
  #running: AbortController | undefined;
  #finished: Promise<void> = Promise.resolve();
  /** What changes the conversation begins in the order in which it came, the next when the one before has begun. */
  readonly #beginnings = new Serial();
  readonly #saver: ConversationSaver;
  readonly #drafts = new Emitter<void>();
  readonly #scrolls = new Emitter<void>();

  readonly onEvent = this.#events.listen;
  /** Fires when the text in the input box, or another wording of a message, has changed. */
  readonly onDraft = this.#drafts.listen;
  /** Fires when the reader has gone elsewhere in the conversation. */
  readonly onScroll = this.#scrolls.listen;

  constructor(options: ChatSessionOptions) {
    this.#options = options;
    this.#saver = new ConversationSaver(options, (event) => this.#events.fire(event));
    this.#conversation = options.store.create(options.now());
  }

  get conversation(): Conversation {
    return this.#conversation;
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Adds the user's message and streams the answer; resolves when the answer has ended, however it ended.
   * @param isMeant whether it may be asked in the conversation that is on screen by the time it can be.
   * @returns false when it may not: then nothing was.
   */
  async ask(
    text: string,
    question: string,
    context: QuestionContext,
    isMeant: IsMeant = () => true,
  ): Promise<boolean> {
    return this.#answered(() => {
      const { id, headId } = this.#conversation;
      return isMeant(id) && this.#ask(headId, text, question, context);
    });
  }

  /** Adds an exchange that needs no model, for example the answer to `/help`. @returns as {@link ask} does. */
  tell(text: string, answer: string, isMeant: IsMeant = () => true): Promise<boolean> {
    return this.#beginnings.run(async () => {
      await this.#makeRoom();
      if (!isMeant(this.#conversation.id)) return false;
      const user = this.#add(this.#conversation.headId, { role: "user", text });
      this.#add(user.id, { role: "assistant", text: answer });
      this.#events.fire({ kind: "conversation" });
      await this.flush();
      return true;
    });
  }

  /** Sends another wording of an earlier message as a new branch. @returns as {@link ask} does. */
  async edit(
    turnId: string,
    text: string,
    question: string,
    context: QuestionContext,
    isMeant: IsMeant = () => true,
  ): Promise<boolean> {
    return this.#answered(() => {
      const turn = this.#find(turnId);
      if (turn?.role !== "user" || !isMeant(this.#conversation.id)) return false;
      this.#conversation = withoutEditing(this.#conversation, text);
      return this.#ask(turn.parentId, text, question, context);
    });
  }

  /** Asks the same question again; the earlier answer stays as a version. */
  async regenerate(turnId: string): Promise<void> {
    await this.#answered(() => {
      const answer = this.#find(turnId);
      return answer?.role === "assistant" && answer.parentId !== undefined && this.#answer(answer.parentId);
    });
  }

  /** What of the conversation would not fit if this were asked next, or in the place of `editedTurn`. */
  fitOf(question: string, context: QuestionContext, editedTurn?: string): QuestionFit {
    const before = turnsBefore(this.#conversation, editedTurn);
    return questionFit(before, { question, context }, this.#limits());
  }

  showVersion(turnId: string, step: -1 | 1): void {
    if (this.busy) return;
    this.#conversation = showVersion(this.#conversation, turnId, step);
    this.#events.fire({ kind: "conversation" });
  }

  /** Ends a running answer and waits until it has been put away; what was written stays. */
  async stop(): Promise<void> {
    this.#running?.abort();
    await this.#finished;
  }

  /** Makes room for a question and waits for its answer. @returns false when `begin` has asked nothing. */
  async #answered(begin: () => Answering | false): Promise<boolean> {
    const answering = await this.#beginnings.run(async () => {
      await this.#makeRoom();
      return begin();
    });
    if (answering) await answering.ended;
    return answering !== false;
  }

  async #makeRoom(): Promise<void> {
    await this.leaveIfDeleted();
    await this.stop();
  }

  setDraft(draft: string): void {
    this.#conversation = { ...this.#conversation, draft };
    this.#drafts.fire();
  }

  /** @param text of another wording of a message that is being typed; undefined when it is given up. */
  setEditing(conversationId: string, turnId: string, text: string | undefined): void {
    if (conversationId !== this.#conversation.id) return;
    this.#conversation = withEditing(this.#conversation, turnId, text);
    this.#drafts.fire();
  }

  /** @param conversationId of the conversation that was seen, which may no longer be on screen. */
  setScroll(conversationId: string, scroll: ScrollPosition | undefined): void {
    if (conversationId !== this.#conversation.id) return;
    this.#conversation = { ...this.#conversation, scroll };
    this.#scrolls.fire();
  }

  /** Puts a stored or a new conversation on screen; one that is new already stays. The one before is kept as it was left. */
  open(conversation?: Conversation): Promise<void> {
    return this.#beginnings.run(async () => {
      await this.#putAway();
      if (conversation) this.#conversation = conversation;
      else if (this.#conversation.turns.length > 0)
        this.#conversation = this.#options.store.create(this.#options.now());
      this.#events.fire({ kind: "conversation" });
    });
  }

  /**
   * Puts a kept conversation on screen as {@link open} does. What is on screen already stays as it is, with the answer
   * that streams into it.
   * @returns false when it is not there any more.
   */
  openKept(id: string): Promise<boolean> {
    return this.#beginnings.run(async () => {
      await this.leaveIfDeleted();
      if (id !== this.#conversation.id) {
        const kept = await this.#options.store.load(id);
        if (!kept) return false;
        await this.#putAway();
        this.#conversation = kept;
      }
      this.#events.fire({ kind: "conversation" });
      return true;
    });
  }

  async #putAway(): Promise<void> {
    await this.stop();
    // What is typed meanwhile is kept too.
    for (let kept: Conversation | undefined; kept !== this.#conversation; await this.flush())
      kept = this.#conversation;
  }

  /** Puts a new conversation in the place of one that another window has deleted. */
  async leaveIfDeleted(): Promise<void> {
    const { id } = this.#conversation;
    if (await this.#saver.isDeleted(id)) this.#leave(id);
  }

  /** What is being typed stays; what is still answered belongs to what is gone. */
  #leave(id: string): void {
    if (this.#conversation.id !== id) return;
    this.#running?.abort();
    const draft = allTyped(this.#conversation);
    this.#conversation = { ...this.#options.store.create(this.#options.now()), draft };
    this.#events.fire({ kind: "deleted" });
    this.#events.fire({ kind: "conversation" });
  }

  #ask(parentId: string | undefined, text: string, question: string, context: QuestionContext): Answering {
    const user = this.#add(parentId, {
      role: "user",
      text,
      ...(question !== text && { question }),
      context: context.text,
      places: context.places,
    });
    return this.#answer(user.id);
  }

  #answer(parentId: string): Answering {
    const places = this.#find(parentId)?.places ?? [];
    const turn = this.#add(parentId, { role: "assistant", text: "", state: "streaming", places });
    this.#events.fire({ kind: "conversation" });
    const running = new AbortController();
    this.#running = running;
    this.#events.fire({ kind: "busy", busy: true });
    this.#finished = this.#stream(turn.id, running.signal).finally(() => {
      this.#running = undefined;
      this.#events.fire({ kind: "turn", turnId: turn.id });
      this.#events.fire({ kind: "busy", busy: false });
    });
    return { ended: this.#finished };
  }

  async #stream(turnId: string, signal: AbortSignal): Promise<void> {
    const turns = promptTurns(branchOf(this.#conversation).slice(0, -1));
    const question = {
      size: this.#options.contextSize,
      request: (contextTokens: number) => answerRequest(turns, this.#limits(contextTokens)),
      onLess: (contextTokens: number) => this.#events.fire({ kind: "less", contextTokens }),
    };
    // A crash from here on loses no question.
    void this.flush();
    let text = "";
    let savedAt = Number.NEGATIVE_INFINITY; // The first piece at once: an answer may hang behind it.
    const end = await readAnswer(
      () => fittingAnswer({ ...question, model: this.#options.model() }, signal),
      (piece, standIn) => {
        const offset = text.length;
        text += piece;
        this.#change(turnId, { text, ...(standIn !== undefined && { standIn }) });
        this.#events.fire({ kind: "delta", turnId, offset, text: piece });
        if (this.#options.now() - savedAt > saveEveryMs) {
          savedAt = this.#options.now();
          void this.flush();
        }
      },
      this.#options.log,
    );
    this.#change(turnId, { text, ...end });
    await this.flush();
  }

  #limits(contextTokens = this.#options.contextSize.tokens): Parameters<typeof answerRequest>[1] {
    return { contextTokens, rules: this.#options.rules() };
  }

  #add(parentId: string | undefined, fields: Pick<Turn, "role" | "text"> & Partial<Turn>): Turn {
    const turn = newTurn(this.#options.newId(), parentId, fields);
    this.#conversation = addTurn(this.#conversation, turn, this.#options.now());
    return turn;
  }

  #find(turnId: string): Turn | undefined {
    return this.#conversation.turns.find((turn) => turn.id === turnId);
  }

  #change(turnId: string, change: Partial<Turn>): void {
    this.#conversation = changeTurn(this.#conversation, turnId, change, this.#options.now());
  }

  /** Saves what is on screen. */
  async flush(): Promise<void> {
    const { id } = this.#conversation;
    if (!(await this.#saver.save(this.#conversation))) this.#leave(id);
  }
}
