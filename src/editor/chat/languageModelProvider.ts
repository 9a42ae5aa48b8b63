import * as vscode from "vscode";
import { WispError } from "../../base/wispError.ts";
import type { ChatMessage, ModelClient } from "../../model/modelClient.ts";
import { estimateTokens } from "../../prompt/tokenEstimate.ts";

const longestAnswerTokens = 2048;

export interface LanguageModelOptions {
  readonly model: () => ModelClient;
  /** Undefined while there is no model to talk to; VS Code's picker then shows none of Wisp's. */
  readonly available: () =>
    | { readonly id: string; readonly name: string; readonly contextTokens: number }
    | undefined;
  readonly onChange: (listener: () => unknown) => vscode.Disposable;
}

/** Offers Wisp's model to VS Code's own chat and to other extensions. */
export class LanguageModelProvider implements vscode.LanguageModelChatProvider {
  readonly #options: LanguageModelOptions;
  readonly onDidChangeLanguageModelChatInformation: vscode.Event<void>;

  constructor(options: LanguageModelOptions) {
    this.#options = options;
    this.onDidChangeLanguageModelChatInformation = options.onChange;
  }

  provideLanguageModelChatInformation(): vscode.LanguageModelChatInformation[] {
    const found = this.#options.available();
    if (!found) return [];
    const maxOutputTokens = Math.min(longestAnswerTokens, Math.floor(found.contextTokens / 4));
    return [
      {
        id: found.id,
        name: found.name,
        family: found.id,
        version: "1",
        detail: "local",
        tooltip: "Runs in Wisp; nothing leaves this machine unless you connected it to a server.",
        maxInputTokens: found.contextTokens - maxOutputTokens,
        maxOutputTokens,
        capabilities: {},
      },
    ];
  }

  async provideLanguageModelChatResponse(
    model: vscode.LanguageModelChatInformation,
    messages: readonly vscode.LanguageModelChatRequestMessage[],
    _options: vscode.ProvideLanguageModelChatResponseOptions,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    const request = {
      messages: messages.map(plainMessage),
      maxTokens: model.maxOutputTokens,
      temperature: 0.2,
    };
    try {
      for await (const event of this.#options.model().chat(request, abort.signal)) {
        if (event.type === "done") return;
        progress.report(new vscode.LanguageModelTextPart(event.text));
      }
    } catch (error) {
      // The editor shows the message of what is thrown here, so the hint has to be part of it.
      throw error instanceof WispError
        ? new Error(`${error.message} ${error.hint}`, { cause: error })
        : error;
    }
  }

  async provideTokenCount(
    _model: vscode.LanguageModelChatInformation,
    text: string | vscode.LanguageModelChatRequestMessage,
    token: vscode.CancellationToken,
  ): Promise<number> {
    const plain = typeof text === "string" ? text : plainMessage(text).content;
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    return (await this.#options.model().countTokens(plain, abort.signal)) ?? estimateTokens(plain);
  }
}

function plainMessage(message: vscode.LanguageModelChatRequestMessage): ChatMessage {
  const content = message.content
    .map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : ""))
    .join("");
  return {
    role: message.role === vscode.LanguageModelChatMessageRole.Assistant ? "assistant" : "user",
    content,
  };
}
