import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import type { ChatSession } from "../../chat/chatSession.ts";
import { type FittedContext, fitContext, rulesChip, rulesChipId } from "../../chat/contextItem.ts";
import { branchOf, conversationMarkdown, turnView } from "../../chat/conversation.ts";
import type { ConversationStore } from "../../chat/conversationStore.ts";
import { leftOutNotice, mentionText, parseMentions, withoutMentions } from "../../chat/mentions.ts";
import type { FromView, ToView } from "../../chat/protocol.ts";
import { helpText, type PromptFile, parseMessage } from "../../chat/slashCommands.ts";
import { viewMessage } from "../../chat/viewMessage.ts";
import type { ChatContext } from "./chatContext.ts";
import { chatHtml } from "./chatHtml.ts";
import type { ChatSources } from "./chatSources.ts";
import { type ProposeEdit, runCodeAction } from "./codeBlockActions.ts";
import { openPlace } from "./openPlace.ts";
import { suggestionsFor } from "./suggestions.ts";
import type { WorkspaceRules } from "./workspacePrompts.ts";

export const chatViewId = "wisp.chat";

export interface ChatViewOptions {
  readonly extensionUri: vscode.Uri;
  readonly session: ChatSession;
  readonly store: ConversationStore;
  readonly sources: ChatSources;
  readonly context: ChatContext;
  readonly rules: WorkspaceRules;
  readonly contextTokens: () => number;
  readonly modelName: () => string;
  readonly promptFiles: () => Promise<readonly PromptFile[]>;
  readonly propose: ProposeEdit;
  /** Carries out a slash command in the editor; undefined when it can only be asked about. */
  readonly slash: (name: string, rest: string) => Promise<{ readonly text?: string } | undefined>;
  readonly log: Log;
}

/** The sidebar view: routes messages between the page and the session. Holds no conversation of its own. */
export class ChatView implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly #options: ChatViewOptions;
  readonly #disposables = new DisposableStore();
  #view: vscode.WebviewView | undefined;
  /** What of the newest question could not go along; empty when everything did. */
  #notice = "";

  constructor(options: ChatViewOptions) {
    this.#options = options;
    const { session, context, rules } = options;
    this.#disposables.add(
      session.onEvent((event) => {
        if (event.kind === "conversation") this.#sendConversation();
        else if (event.kind === "delta") {
          this.#post({ type: "delta", turnId: event.turnId, offset: event.offset, text: event.text });
        } else if (event.kind === "turn") this.#sendTurn(event.turnId);
        else this.#sendStatus();
      }),
    );
    this.#disposables.add(context.onChange(() => this.#sendContext()));
    this.#disposables.add(rules.onChange(() => this.#sendContext()));
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    view.webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(this.#options.extensionUri, "dist", "chat")],
    };
    view.webview.html = chatHtml(view.webview, this.#options.extensionUri);
    view.webview.onDidReceiveMessage((value: unknown) => {
      const message = viewMessage(value);
      if (message) return this.#receive(message);
      this.#options.log.warn("Chat: the view sent a message that is not of the protocol; it was ignored");
      return undefined;
    });
    view.onDidDispose(() => {
      this.#view = undefined;
    });
  }

  /** Brings the view to the front and asks there; `title` is what the conversation shows for the question. */
  async ask(title: string, question: string, context: string): Promise<void> {
    await this.reveal();
    await this.#options.session.ask(title, question, { text: context, places: [] });
  }

  async reveal(): Promise<void> {
    await vscode.commands.executeCommand(`${chatViewId}.focus`);
    this.#post({ type: "focus" });
  }

  async newConversation(): Promise<void> {
    this.#options.rules.leaveOut(false);
    this.#say("");
    await this.#options.session.open();
  }

  async showHistory(): Promise<void> {
    await this.reveal();
    this.#post({ type: "history", items: await this.#options.store.list() });
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  async #receive(message: FromView): Promise<void> {
    const { session, store, context } = this.#options;
    switch (message.type) {
      case "ready":
        this.#sendConversation();
        this.#sendStatus();
        await context.refresh();
        return;
      case "send":
        return this.#send(message.text);
      case "stop":
        return session.stop();
      case "regenerate":
        return session.regenerate(message.turnId);
      case "edit":
        return this.#send(message.text, message.turnId);
      case "showVersion":
        return session.showVersion(message.turnId, message.step);
      case "draft":
        return session.setDraft(message.text);
      case "suggest":
        this.#post({
          type: "suggestions",
          query: message.query,
          items: await suggestionsFor(message.query, this.#options),
        });
        return;
      case "removeChip":
        return message.id === rulesChipId ? this.#options.rules.leaveOut(true) : context.remove(message.id);
      case "pinChip":
        return context.togglePin(message.id);
      case "dropped":
        for (const uri of message.uris) {
          const item = await this.#options.sources.file(vscode.Uri.parse(uri));
          if (item) context.add(item);
        }
        return;
      case "code":
        return runCodeAction(message.action, message.code, message.language, this.#options.propose);
      case "copyText":
        await vscode.env.clipboard.writeText(message.text);
        return;
      case "openLink": {
        const uri = vscode.Uri.parse(message.href);
        if (/^(?:https?|mailto)$/.test(uri.scheme)) await vscode.env.openExternal(uri);
        return;
      }
      case "openPlace":
        return openPlace(message.place.path, message.place.startLine);
      case "newConversation":
        return this.newConversation();
      case "listHistory":
        return this.showHistory();
      case "openConversation": {
        const conversation = await store.load(message.id);
        return conversation ? session.open(conversation) : this.showHistory();
      }
      case "renameConversation":
        return this.#rename(message.id, message.title);
      case "deleteConversation":
        // An answer that is still being written is saved when it stops, so it has to stop first.
        if (session.conversation.id === message.id) await session.open();
        await store.remove(message.id);
        return this.showHistory();
      case "deleteAll":
        return this.#deleteAll();
      case "export": {
        const conversation = await store.load(message.id);
        if (!conversation) return;
        const content = conversationMarkdown(conversation);
        await vscode.window.showTextDocument(
          await vscode.workspace.openTextDocument({ content, language: "markdown" }),
        );
      }
    }
  }

  async #send(text: string, editedTurn?: string): Promise<void> {
    const { session, sources, promptFiles } = this.#options;
    const parsed = parseMessage(text, await promptFiles());
    if (parsed.kind === "local") {
      return parsed.name === "clear"
        ? this.newConversation()
        : session.tell(text, helpText(await promptFiles()));
    }
    if (parsed.kind === "unknown") {
      return session.tell(
        text,
        `There is no command \`/${parsed.name}\`.\n\n${helpText(await promptFiles())}`,
      );
    }
    if (parsed.kind === "command" && !editedTurn && parseMentions(text).length === 0) {
      const done = await this.#options.slash(parsed.command.name, parsed.rest);
      if (done) return done.text === undefined ? undefined : session.tell(text, done.text);
    }
    const question = parsed.kind === "command" ? parsed.command.question(parsed.rest) : parsed.text;
    const staged =
      parsed.kind === "command" && parsed.command.needs === "stagedChanges"
        ? await sources.stagedChanges()
        : [];
    const mentions = parseMentions(text);
    const found = await Promise.all(
      mentions.map((mention) => sources.mentioned(mention, withoutMentions(text))),
    );
    const gone = await this.#options.context.rereadFiles();
    const fitted = this.#fit([...staged, ...found.flat()]);
    this.#say(
      leftOutNotice({
        unknown: mentions.filter((_, index) => found[index]?.length === 0).map(mentionText),
        gone,
        tooBig: fitted.chips.filter((chip) => !chip.fits).map((chip) => chip.label),
      }),
    );
    const context = { text: fitted.text, places: fitted.places };
    await (editedTurn
      ? session.edit(editedTurn, text, question, context)
      : session.ask(text, question, context));
  }

  /** Half of the model's context is for what goes along; the rest is for the conversation and the answer. */
  #budget(): number {
    return Math.floor(this.#options.contextTokens() / 2);
  }

  #say(notice: string): void {
    this.#notice = notice;
    this.#sendStatus();
  }

  #fit(first: Parameters<typeof fitContext>[0]): FittedContext {
    const ids = new Set(first.map((item) => item.id));
    return fitContext(
      [...first, ...this.#options.context.items.filter((item) => !ids.has(item.id))],
      this.#budget() - (rulesChip(this.#options.rules.text)?.tokens ?? 0),
    );
  }

  async #rename(id: string, title: string): Promise<void> {
    const { session, store } = this.#options;
    const conversation = id === session.conversation.id ? session.conversation : await store.load(id);
    if (!conversation) return;
    const renamed = { ...conversation, title };
    await store.save(renamed);
    if (id === session.conversation.id && !session.busy) await session.open(renamed);
    await this.showHistory();
  }

  async #deleteAll(): Promise<void> {
    const sure = "Delete All";
    const answer = await vscode.window.showWarningMessage(
      "Delete every kept conversation of this workspace?",
      { modal: true, detail: "This cannot be undone." },
      sure,
    );
    if (answer !== sure) return;
    await this.newConversation();
    await this.#options.store.removeAll();
    await this.showHistory();
  }

  #sendConversation(): void {
    const { conversation } = this.#options.session;
    const turns = branchOf(conversation).map((turn) => turnView(conversation, turn));
    const { id, title, draft } = conversation;
    this.#post({ type: "conversation", id, title, turns, draft });
  }

  #sendTurn(turnId: string): void {
    const { conversation } = this.#options.session;
    const turn = conversation.turns.find((candidate) => candidate.id === turnId);
    if (turn) this.#post({ type: "turn", turn: turnView(conversation, turn) });
  }

  #sendContext(): void {
    const fitted = this.#fit([]);
    const rules = rulesChip(this.#options.rules.text);
    const chips = rules ? [rules, ...fitted.chips] : fitted.chips;
    const usedTokens = fitted.usedTokens + (rules?.tokens ?? 0);
    this.#post({ type: "context", chips, usedTokens, budgetTokens: this.#budget() });
  }

  #sendStatus(): void {
    this.#post({
      type: "status",
      busy: this.#options.session.busy,
      model: this.#options.modelName(),
      ...(this.#notice && { notice: this.#notice }),
    });
  }

  #post(message: ToView): void {
    void this.#view?.webview.postMessage(message);
  }
}
