import * as vscode from "vscode";
import { systemClock } from "../../base/clock.ts";
import type { Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Listen } from "../../base/emitter.ts";
import { ChatSession } from "../../chat/chatSession.ts";
import { ContextSize } from "../../chat/contextSize.ts";
import type { Conversation } from "../../chat/conversation.ts";
import { ConversationStore } from "../../chat/conversationStore.ts";
import type { StartIndex } from "../../chat/indexSeat.ts";
import type { TextFolder } from "../../chat/textFolder.ts";
import type { ModelClient } from "../../model/modelClient.ts";
import { reporting } from "../commands.ts";
import type { FindFiles } from "../usableFiles.ts";
import { ChatContext } from "./chatContext.ts";
import { participantHandler, participantId } from "./chatParticipant.ts";
import { ChatSources } from "./chatSources.ts";
import { ChatView, type ChatViewOptions, chatViewId } from "./chatView.ts";
import type { ProposeEdit } from "./codeBlockActions.ts";
import { writeCommitMessage } from "./commitMessage.ts";
import { Composing } from "./composing.ts";
import { LanguageModelProvider } from "./languageModelProvider.ts";
import { WorkspaceIndex } from "./workspaceIndex.ts";
import { WorkspaceRules, workspacePrompts } from "./workspacePrompts.ts";

export interface ChatServices {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  /** Where conversations are kept. */
  readonly folder: TextFolder;
  /** Starts the index behind `@workspace`. */
  readonly startIndex: StartIndex;
  readonly model: () => ModelClient;
  /** Undefined while there is no model to talk to. */
  readonly modelName: () => string | undefined;
  readonly onModelChange: Listen<void>;
  /** Tokens that the model takes, prompt and answer together. */
  readonly contextTokens: () => number;
  readonly mayUse: (uri: vscode.Uri) => Promise<boolean>;
  readonly findFiles: FindFiles;
  readonly maskSecrets: (text: string) => string;
  readonly propose: ProposeEdit;
  readonly slash: ChatViewOptions["slash"];
}

/** Builds the chat and registers its view and commands. */
export function registerChat(services: ChatServices, disposables: DisposableStore): ChatView {
  const { context, log } = services;
  const store = new ConversationStore(services.folder, log, (file) => {
    void vscode.window.showWarningMessage(
      `A kept conversation could not be read. It was set aside as ${file}; the others are there.`,
    );
  });
  const own = { maskSecrets: services.maskSecrets, log };
  const rules = disposables.add(new WorkspaceRules(own));
  const contextSize = new ContextSize({
    assumed: services.contextTokens,
    modelName: services.modelName,
  });
  const session = new ChatSession({
    model: services.model,
    store,
    log,
    now: () => Date.now(),
    newId: () => crypto.randomUUID(),
    contextSize,
    rules: () => rules.text,
  });
  const { model, mayUse, findFiles, maskSecrets } = services;
  const contextTokens = (): number => contextSize.tokens;
  const index = disposables.add(new WorkspaceIndex(services.startIndex, { mayUse, find: findFiles }, log));
  const sources = new ChatSources({ mayUse, findFiles, maskSecrets, index });
  const chatContext = disposables.add(new ChatContext(sources, vscode.window, systemClock));
  const composing = disposables.add(
    new Composing({ session, sources, context: chatContext, rules, contextTokens, clock: systemClock, log }),
  );
  const view = disposables.add(
    new ChatView({
      extensionUri: context.extensionUri,
      session,
      store,
      sources,
      context: chatContext,
      rules,
      composing,
      modelName: () => services.modelName() ?? "no model",
      promptFiles: () => workspacePrompts(own),
      propose: services.propose,
      slash: services.slash,
      log,
    }),
  );
  disposables.add(
    vscode.window.onDidChangeWindowState(({ focused }) => focused && void session.leaveIfDeleted()),
  );
  disposables.add(
    session.onEvent((event) => {
      if (event.kind !== "unsaved") return;
      void vscode.window.showErrorMessage(
        `This chat cannot be saved: ${event.reason}. It stays on screen, and saving is tried again.`,
      );
    }),
  );
  void remember(session, store, context.workspaceState, disposables);
  disposables.add(vscode.window.registerWebviewViewProvider(chatViewId, view));
  const available = () => {
    const name = services.modelName();
    return name === undefined ? undefined : { id: "wisp", name, contextTokens: contextTokens() };
  };
  const onChange = (listener: () => unknown): Disposable => services.onModelChange(() => void listener());
  disposables.add(
    vscode.lm.registerLanguageModelChatProvider(
      "wisp",
      new LanguageModelProvider({ model: services.model, available, onChange }),
    ),
  );
  const participant = disposables.add(
    vscode.chat.createChatParticipant(
      participantId,
      participantHandler({ model, contextSize, rules: () => rules.text, sources, log }),
    ),
  );
  participant.iconPath = vscode.Uri.joinPath(context.extensionUri, "media", "wisp.svg");
  const command = (id: string, run: (...args: never[]) => Promise<void>): void => {
    disposables.add(vscode.commands.registerCommand(id, reporting(id, run, log)));
  };
  command("wisp.chat.open", () => view.reveal());
  command("wisp.chat.new", async () => {
    await view.newConversation();
    await view.reveal();
  });
  command("wisp.chat.history", () => view.showHistory());
  command("wisp.chat.addFiles", async (uri?: vscode.Uri, all?: readonly vscode.Uri[]) => {
    const active = vscode.window.activeTextEditor?.document.uri;
    await view.reveal();
    await view.add(all ?? [uri ?? active].filter((one) => one !== undefined));
  });
  // The title of the source control view passes its repository.
  command("wisp.commitMessage", (control?: vscode.SourceControl) =>
    writeCommitMessage({ model, contextSize, sources, log }, control?.rootUri),
  );
  return view;
}

/** The folder in which a workspace's conversations are kept, a window's without one. */
export function chatsFolder({ storageUri, globalStorageUri }: vscode.ExtensionContext): vscode.Uri {
  const own = storageUri ?? globalStorageUri;
  // A second window on a workspace gets a numbered storage of its own where one server serves both; chats are one set.
  const path = own.path.replace(/(\/workspaceStorage\/[^/]+?)-\d+(\/[^/]+)$/, "$1$2");
  return vscode.Uri.joinPath(own.with({ path }), "chats");
}

const lastConversationKey = "wisp.chat.last";

/**
 * Brings back what was on screen when the window closed: the conversation, where the reader was, and the draft. (What a
 * webview keeps by itself is written too late for a window that a browser loads again.)
 */
async function remember(
  session: ChatSession,
  store: ConversationStore,
  memory: vscode.Memento,
  disposables: DisposableStore,
): Promise<void> {
  const last = memory.get<Pick<Conversation, "id" | "draft" | "scroll" | "editing">>(lastConversationKey);
  const kept = last && (await store.load(last.id));
  // The user may have begun to write before the file was read.
  if (last && session.conversation.turns.length === 0 && !session.busy) {
    await session.open({
      ...(kept ?? store.create(Date.now())),
      draft: session.conversation.draft || last.draft,
      scroll: last.scroll,
      editing: last.editing,
    });
  }
  const save = (): void => {
    const { id, draft, scroll, editing } = session.conversation;
    void memory.update(lastConversationKey, { id, draft, scroll, editing });
  };
  disposables.add(session.onEvent((event) => event.kind === "conversation" && save()));
  disposables.add(session.onDraft(save));
  disposables.add(session.onScroll(save));
}
