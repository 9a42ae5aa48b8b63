import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import { ChatSession } from "../../chat/chatSession.ts";
import { ConversationStore } from "../../chat/conversationStore.ts";
import type { ModelClient } from "../../model/modelClient.ts";
import { ChatContext } from "./chatContext.ts";
import { ChatSources } from "./chatSources.ts";
import { ChatView, chatViewId } from "./chatView.ts";
import type { ProposeEdit } from "./codeBlockActions.ts";
import { WorkspaceIndex } from "./workspaceIndex.ts";
import { WorkspaceRules, workspacePrompts } from "./workspacePrompts.ts";

export interface ChatServices {
  readonly context: vscode.ExtensionContext;
  readonly log: Log;
  readonly model: () => ModelClient;
  readonly modelName: () => string;
  /** Tokens that the model takes, prompt and answer together. */
  readonly contextTokens: () => number;
  readonly mayUse: (uri: vscode.Uri) => Promise<boolean>;
  readonly maskSecrets: (text: string) => string;
  readonly propose: ProposeEdit;
}

/** Builds the chat and registers its view and commands. */
export function registerChat(services: ChatServices, disposables: DisposableStore): ChatView {
  const { context, log } = services;
  const folder = vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, "chats");
  const store = new ConversationStore(folder.fsPath, log);
  const rules = disposables.add(new WorkspaceRules());
  const session = new ChatSession({
    model: services.model,
    store,
    log,
    now: () => Date.now(),
    newId: randomUUID,
    contextTokens: services.contextTokens,
    rules: () => rules.text,
  });
  const worker = context.asAbsolutePath("dist/chat/indexWorker.cjs");
  const index = disposables.add(new WorkspaceIndex(worker, services.mayUse, log));
  const sources = new ChatSources(services.mayUse, services.maskSecrets, index);
  const chatContext = disposables.add(new ChatContext(sources));
  const view = disposables.add(
    new ChatView({
      extensionUri: context.extensionUri,
      session,
      store,
      sources,
      context: chatContext,
      contextTokens: services.contextTokens,
      modelName: services.modelName,
      promptFiles: workspacePrompts,
      propose: services.propose,
    }),
  );
  disposables.add(vscode.window.registerWebviewViewProvider(chatViewId, view));
  const command = (id: string, run: () => Promise<void>): void => {
    disposables.add(vscode.commands.registerCommand(id, run));
  };
  command("wisp.chat.open", () => view.reveal());
  command("wisp.chat.new", () => view.newConversation());
  command("wisp.chat.history", () => view.showHistory());
  return view;
}
