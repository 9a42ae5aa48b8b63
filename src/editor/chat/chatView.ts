import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import { WispError } from "../../base/wispError.ts";
import type { ChatSession } from "../../chat/chatSession.ts";
import { branchOf, turnView } from "../../chat/conversation.ts";
import type { ConversationStore } from "../../chat/conversationStore.ts";
import { lessNotice } from "../../chat/fittingAnswer.ts";
import type { FromView, ToView } from "../../chat/protocol.ts";
import type { PromptFile } from "../../chat/slashCommands.ts";
import { viewMessage } from "../../chat/viewMessage.ts";
import type { ChatContext } from "./chatContext.ts";
import { chatHtml } from "./chatHtml.ts";
import type { ChatSources } from "./chatSources.ts";
import { type ProposeEdit, runCodeAction } from "./codeBlockActions.ts";
import type { Composing } from "./composing.ts";
import { KeptConversations } from "./keptConversations.ts";
import { openLink, openPlace } from "./openPlace.ts";
import { Sending } from "./sending.ts";
import { suggestionsFor } from "./suggestions.ts";
import type { WorkspaceRules } from "./workspacePrompts.ts";

export const chatViewId = "wisp.chat";

/** More files than this at once are a slip of the hand; no local model reads so many. */
const mostAdded = 50;

export interface ChatViewOptions {
  readonly extensionUri: vscode.Uri;
  readonly session: ChatSession;
  readonly store: ConversationStore;
  readonly sources: ChatSources;
  readonly context: ChatContext;
  readonly rules: WorkspaceRules;
  readonly composing: Composing;
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
  readonly #kept: KeptConversations;
  readonly #sending: Sending;
  #view: vscode.WebviewView | undefined;
  /** What of the newest question could not go along; empty when everything did. */
  #notice = "";

  constructor(options: ChatViewOptions) {
    this.#options = options;
    const { session, composing } = options;
    this.#kept = new KeptConversations(session, options.store);
    this.#sending = new Sending(options, {
      say: (notice) => this.#say(notice),
      showBusy: () => this.#sendStatus(),
      showDraft: (text) => this.#post({ type: "draft", text }),
      newConversation: () => this.newConversation(),
    });
    this.#disposables.add(
      session.onEvent((event) => {
        if (event.kind === "conversation") this.#sendConversation();
        else if (event.kind === "delta") {
          this.#post({ type: "delta", turnId: event.turnId, offset: event.offset, text: event.text });
        } else if (event.kind === "turn") this.#sendTurn(event.turnId);
        else if (event.kind === "deleted") this.#say("This chat was deleted in another window.");
        else if (event.kind === "busy") this.#sendStatus();
        else if (event.kind === "less") this.#say(lessNotice(event.contextTokens));
      }),
    );
    this.#disposables.add(composing.onChange(() => this.#post(composing.view())));
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    this.#options.context.follow(() => this.#view?.visible ?? false);
    view.webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(this.#options.extensionUri, "dist", "chat")],
    };
    view.webview.html = chatHtml(view.webview, this.#options.extensionUri);
    view.webview.onDidReceiveMessage((value: unknown) => {
      const message = viewMessage(value);
      if (message) void this.#receive(message).catch((error: unknown) => this.#fail(message.type, error));
      else
        this.#options.log.warn("Chat: the view sent a message that is not of the protocol; it was ignored");
    });
    view.onDidDispose(() => {
      // A view that is moved may be there anew before the old one goes.
      if (this.#view === view) this.#view = undefined;
    });
  }

  /** Brings the view to the front and asks there; `title` is what the conversation shows for the question. */
  async ask(title: string, question: string, context: string): Promise<void> {
    await this.reveal();
    await this.#options.session.ask(title, question, { text: context, places: [] });
  }

  /** Adds files and folders as chips that stay. */
  async add(uris: readonly vscode.Uri[]): Promise<void> {
    const { sources, context } = this.#options;
    const refused: string[] = [];
    if (uris.length > mostAdded) {
      const rest = uris.length - mostAdded;
      void vscode.window.showWarningMessage(
        `The first ${mostAdded} were added to the chat, ${rest} more were not.`,
      );
    }
    for (const uri of uris.slice(0, mostAdded)) {
      const items = await sources.place(uri);
      for (const item of items) context.add(item);
      if (items.length === 0) refused.push(vscode.workspace.asRelativePath(uri));
    }
    if (refused.length === 0) return;
    void vscode.window.showWarningMessage(
      `Not added to the chat, because it is no text, is excluded, may hold secrets or is a link out of the workspace: ${refused.join(", ")}`,
    );
  }

  /** Puts what is on screen on disk. */
  async flush(): Promise<void> {
    await this.#options.session.flush();
  }

  async reveal(): Promise<void> {
    if (this.#view) this.#view.show();
    else await openView();
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

  #fail(what: FromView["type"], error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof WispError ? ` ${error.hint}` : "";
    this.#options.log.error(`Chat, ${what}: ${error instanceof Error ? (error.stack ?? message) : message}`);
    void vscode.window.showErrorMessage(`Wisp: ${message}${hint}`);
  }

  async #receive(message: FromView): Promise<void> {
    const { session, context, composing } = this.#options;
    switch (message.type) {
      case "ready":
        this.#sendConversation();
        this.#sendStatus();
        await context.refresh();
        return;
      case "send":
        return this.#sending.send(message.text);
      case "stop":
        return this.#sending.stop();
      case "regenerate":
        return session.regenerate(message.turnId);
      case "edit":
        return this.#sending.edit(message.turnId, message.text);
      case "editing":
        return session.setEditing(message.conversationId, message.turnId, message.text);
      case "showVersion":
        return session.showVersion(message.turnId, message.step);
      case "draft":
        return this.#sending.type(message.text);
      case "scrolled":
        return session.setScroll(message.conversationId, message.scroll);
      case "suggest":
        this.#post({
          type: "suggestions",
          query: message.query,
          items: await suggestionsFor(message.query, this.#options),
        });
        return;
      case "removeChip": {
        const draft = composing.removeChip(message.id);
        if (draft !== undefined) this.#post({ type: "draft", text: this.#sending.typed });
        return;
      }
      case "pinChip":
        return composing.togglePin(message.id);
      case "dropped":
        return this.add(message.uris.map((uri) => vscode.Uri.parse(uri)));
      case "code":
        return runCodeAction(message, this.#placesOf(message.turnId), this.#options.propose);
      case "copyText":
        await vscode.env.clipboard.writeText(message.text);
        return;
      case "openLink":
        return openLink(message.href);
      case "openPlace":
        return openPlace(message.place.path, message.place.startLine);
      case "newConversation":
        return this.newConversation();
      case "listHistory":
        return this.showHistory();
      case "openConversation":
        return (await this.#kept.open(message.id)) ? undefined : this.showHistory();
      case "renameConversation":
        await this.#kept.rename(message.id, message.title);
        return this.showHistory();
      case "deleteConversation":
        await this.#kept.remove(message.id);
        return this.showHistory();
      case "deleteAll":
        return (await this.#kept.removeAll()) ? this.showHistory() : undefined;
      case "export":
        return this.#kept.export(message.id);
    }
  }

  #say(notice: string): void {
    this.#notice = notice;
    this.#sendStatus();
  }

  /** Files that the answer was built on. */
  #placesOf(turnId: string): readonly string[] {
    const turn = this.#options.session.conversation.turns.find(({ id }) => id === turnId);
    return [...new Set(turn?.places.map(({ path }) => path))];
  }

  #sendConversation(): void {
    const { conversation } = this.#options.session;
    const turns = branchOf(conversation).map((turn) => turnView(conversation, turn));
    const { id, scroll, editing } = conversation;
    this.#post({ type: "conversation", id, turns, draft: this.#sending.typed, scroll, editing });
  }

  #sendTurn(turnId: string): void {
    const { conversation } = this.#options.session;
    const turn = conversation.turns.find((candidate) => candidate.id === turnId);
    if (turn) this.#post({ type: "turn", turn: turnView(conversation, turn) });
  }

  #sendStatus(): void {
    this.#post({
      type: "status",
      busy: this.#options.session.busy || this.#sending.busy,
      model: this.#options.modelName(),
      ...(this.#notice && { notice: this.#notice }),
    });
  }

  #post(message: ToView): void {
    void this.#view?.webview.postMessage(message);
  }
}

/** VS Code 1.139 loses a view's own command when the view is moved; its home in the activity bar opens then. */
async function openView(): Promise<void> {
  const own = `${chatViewId}.focus`;
  const known = await vscode.commands.getCommands(true);
  await vscode.commands.executeCommand(known.includes(own) ? own : "workbench.view.extension.wisp");
}
