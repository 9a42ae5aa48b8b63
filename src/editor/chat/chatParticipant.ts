import * as vscode from "vscode";
import type { Log } from "../../base/log.ts";
import { WispError } from "../../base/wispError.ts";
import { answerRequest, contextBudget } from "../../chat/answerRequest.ts";
import { type ContextItem, fitContext } from "../../chat/contextItem.ts";
import type { ContextSize } from "../../chat/contextSize.ts";
import { fittingAnswer, lessNotice } from "../../chat/fittingAnswer.ts";
import { leftOutNotice } from "../../chat/mentions.ts";
import { missingFor, slashCommands } from "../../chat/slashCommands.ts";
import { standInNotice } from "../../chat/standInNotice.ts";
import type { ModelClient } from "../../model/modelClient.ts";
import type { PromptTurn } from "../../prompt/chatPrompt.ts";
import { codeEditor } from "../codeEditor.ts";
import { workspaceUri } from "../workspaceUri.ts";
import type { ChatSources } from "./chatSources.ts";

export const participantId = "wisp.participant";

export interface ParticipantParts {
  readonly model: () => ModelClient;
  readonly contextSize: ContextSize;
  readonly rules: () => string;
  readonly sources: ChatSources;
  readonly log: Log;
}

/** Answers `@wisp` in VS Code's own chat, with the same commands, context and prompt as Wisp's view. */
export function participantHandler(parts: ParticipantParts): vscode.ChatRequestHandler {
  return async (request, { history }, response, token) => {
    const abort = new AbortController();
    token.onCancellationRequested(() => abort.abort());
    const command = slashCommands.find(({ name }) => name === request.command);
    const text = command ? command.question(request.prompt) : request.prompt;
    const { items, refused } = await itemsOf(request, command?.needs, parts.sources);
    const missing = missingFor(history.length === 0 ? command?.needs : undefined, items.length);
    if (missing) return { errorDetails: { message: missing } };
    const limits = { contextTokens: parts.contextSize.tokens, rules: parts.rules() };
    const fitted = fitContext(items, contextBudget(text, limits));
    const question = { role: "user" as const, text, context: fitted.text };
    const turns = [...history.flatMap(turnOf), question];
    const asked = answerRequest(turns, limits);
    if (asked.questionTooLong) {
      return { errorDetails: { message: "Your message is longer than the model can read. Shorten it." } };
    }
    const tooBig = fitted.chips.filter(({ sentTokens }) => sentTokens === 0).map(({ label }) => label);
    const { droppedTurns } = asked;
    const notice = leftOutNotice({ unknown: refused, gone: [], tooBig, droppedTurns, lostFiles: [] });
    if (notice) response.progress(notice);
    for (const { path } of fitted.places) {
      const uri = await workspaceUri(path);
      if (uri) response.reference(uri);
    }
    let isSigned = false;
    try {
      const asking = {
        model: parts.model(),
        size: parts.contextSize,
        request: (contextTokens: number) => answerRequest(turns, { ...limits, contextTokens }),
        onLess: (contextTokens: number) => response.progress(lessNotice(contextTokens)),
      };
      for await (const event of fittingAnswer(asking, abort.signal)) {
        if (event.type === "done") break;
        if (event.standIn !== undefined && !isSigned) response.progress(standInNotice(event.standIn));
        isSigned = true;
        response.markdown(event.text);
      }
      return {};
    } catch (error) {
      if (!(error instanceof WispError)) throw error;
      parts.log.error(`@wisp: ${error.code}: ${error.message}`);
      return { errorDetails: { message: `${error.message} ${error.hint}` } };
    }
  };
}

/** What the user attached, with what of it may not be used or is not there; a command about code takes the active editor where nothing was attached. */
async function itemsOf(
  { references }: vscode.ChatRequest,
  needs: (typeof slashCommands)[number]["needs"] | undefined,
  sources: ChatSources,
): Promise<{ readonly items: readonly ContextItem[]; readonly refused: readonly string[] }> {
  const items: ContextItem[] = [];
  const refused: string[] = [];
  for (const { value } of references) {
    const isLocation = value instanceof vscode.Location;
    if (!isLocation && !(value instanceof vscode.Uri)) continue;
    const found = await (isLocation ? sources.location(value) : sources.place(value));
    items.push(...found);
    if (found.length === 0) refused.push(vscode.workspace.asRelativePath(isLocation ? value.uri : value));
  }
  if (needs === "stagedChanges") items.push(...(await sources.stagedChanges()));
  if (items.length > 0 || refused.length > 0 || needs === "nothing" || needs === "stagedChanges")
    return { items, refused };
  const active = await sources.active(codeEditor(vscode.window));
  return { items: active ? [active] : [], refused };
}

function turnOf(turn: vscode.ChatRequestTurn | vscode.ChatResponseTurn): readonly PromptTurn[] {
  if (turn instanceof vscode.ChatRequestTurn) {
    const text = turn.command ? `/${turn.command} ${turn.prompt}`.trim() : turn.prompt;
    return [{ role: "user", text, context: "" }];
  }
  const text = turn.response
    .map((part) => (part instanceof vscode.ChatResponseMarkdownPart ? part.value.value : ""))
    .join("");
  return text ? [{ role: "assistant", text, context: "" }] : [];
}
