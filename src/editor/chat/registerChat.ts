import * as vscode from "vscode";
import type { Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Listen } from "../../base/emitter.ts";
import type { Log } from "../../base/log.ts";
import { ChatSession } from "../../chat/chatSession.ts";
import { ConversationStore } from "../../chat/conversationStore.ts";
import type { StartIndex } from "../../chat/indexSeat.ts";
import type { TextFolder } from "../../chat/textFolder.ts";
import type { ModelClient } from "../../model/modelClient.ts";
import { ChatContext } from "./chatContext.ts";
import { ChatSources } from "./chatSources.ts";
import { ChatView, type ChatViewOptions, chatViewId } from "./chatView.ts";
import type { ProposeEdit } from "./codeBlockActions.ts";
import { LanguageModelProvider } from "./languageModelProvider.ts";
import { WorkspaceIndex } from "./workspaceIndex.ts";
import { WorkspaceRules, workspacePrompts } from "./workspacePrompts.ts";

export interface ChatServices {
  readonly context: vscode.ExtensionContext;
  readonly log: Log;
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
  const rules = disposables.add(new WorkspaceRules());
  const session = new ChatSession({
    model: services.model,
    store,
    log,
    now: () => Date.now(),
    newId: () => crypto.randomUUID(),
    contextTokens: services.contextTokens,
    rules: () => rules.text,
  });
  const index = disposables.add(new WorkspaceIndex(services.startIndex, services.mayUse, log));
  const sources = new ChatSources(services.mayUse, services.maskSecrets, index);
  const chatContext = disposables.add(new ChatContext(sources));
  const view = disposables.add(
    new ChatView({
      extensionUri: context.extensionUri,
      session,
      store,
      sources,
      context: chatContext,
      rules,
      contextTokens: services.contextTokens,
      modelName: () => services.modelName() ?? "no model",
      promptFiles: workspacePrompts,
      propose: services.propose,
      slash: services.slash,
      log,
    }),
  );
  void remember(session, store, context.workspaceState, disposables);
  disposables.add(vscode.window.registerWebviewViewProvider(chatViewId, view));
  const available = () => {
    const name = services.modelName();
    return name === undefined ? undefined : { id: "wisp", name, contextTokens: services.contextTokens() };
  };
  const onChange = (listener: () => unknown): Disposable => services.onModelChange(() => void listener());
  disposables.add(
    vscode.lm.registerLanguageModelChatProvider(
      "wisp",
      new LanguageModelProvider({ model: services.model, available, onChange }),
    ),
  );
  const command = (id: string, run: () => Promise<void>): void => {
    disposables.add(vscode.commands.registerCommand(id, run));
  };
  command("wisp.chat.open", () => view.reveal());
  command("wisp.chat.new", () => view.newConversation());
  command("wisp.chat.history", () => view.showHistory());
  return view;
}

/** The folder in which a workspace's conversations are kept, a window's without one. */
export function chatsFolder({ storageUri, globalStorageUri }: vscode.ExtensionContext): vscode.Uri {
  return vscode.Uri.joinPath(storageUri ?? globalStorageUri, "chats");
}

const lastConversationKey = "wisp.chat.last";

/** Brings back the conversation and the draft that were on screen when the window closed. */
async function remember(
  session: ChatSession,
  store: ConversationStore,
  memory: vscode.Memento,
  disposables: DisposableStore,
): Promise<void> {
  const last = memory.get<{ readonly id: string; readonly draft: string }>(lastConversationKey);
  const kept = last && (await store.load(last.id));
  // The user may have begun to write before the file was read.
  if (last && session.conversation.turns.length === 0 && !session.busy) {
    await session.open({
      ...(kept ?? session.conversation),
      draft: session.conversation.draft || last.draft,
    });
  }
  const save = (): void => {
    const { id, draft } = session.conversation;
    void memory.update(lastConversationKey, { id, draft });
  };
  disposables.add(session.onEvent((event) => event.kind === "conversation" && save()));
  disposables.add(session.onDraft(save));
}
