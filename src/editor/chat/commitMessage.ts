import * as vscode from "vscode";
import type { Log } from "../../base/log.ts";
import { answerRequest } from "../../chat/answerRequest.ts";
import { writeMessage } from "../../chat/commitMessage.ts";
import { fitContext } from "../../chat/contextItem.ts";
import type { ContextSize } from "../../chat/contextSize.ts";
import { fittingAnswer, lessNotice } from "../../chat/fittingAnswer.ts";
import { slashCommands } from "../../chat/slashCommands.ts";
import type { ModelClient } from "../../model/modelClient.ts";
import { withProgress } from "../assist/assistProgress.ts";
import { currentRepository, gitApi } from "../git.ts";
import type { ChatSources } from "./chatSources.ts";

export interface CommitMessageParts {
  readonly model: () => ModelClient;
  readonly contextSize: ContextSize;
  readonly sources: Pick<ChatSources, "stagedChanges">;
  readonly log: Log;
}

/**
 * Writes a message for the staged changes, else for those of the working tree, into the commit box while it is
 * generated. What stood there is put back when nothing comes of it.
 * @param rootUri of the repository; undefined takes the one of the active file.
 */
export async function writeCommitMessage(parts: CommitMessageParts, rootUri?: vscode.Uri): Promise<void> {
  const repository = rootUri ? (await gitApi())?.getRepository(rootUri) : await currentRepository();
  const changes = repository ? await parts.sources.stagedChanges(repository) : [];
  if (!repository || changes.length === 0) {
    void vscode.window.showInformationMessage("There are no changes to write a commit message for.");
    return;
  }
  if (repository.inputBox.value.trim() && !(await mayReplace())) return;
  const contextTokens = parts.contextSize.tokens;
  const fitted = fitContext(changes, Math.floor(contextTokens / 2));
  const text = slashCommands.find(({ name }) => name === "commit")?.question("") ?? "";
  const turns = [{ role: "user" as const, text, context: fitted.text }];
  const isCut = fitted.chips.some(({ tokens, sentTokens }) => sentTokens < tokens);
  const title = `Wisp: writing a commit message${isCut ? " (from the beginning of the changes: not all fit)" : ""}`;
  await withProgress(title, parts.log, (report, signal) => {
    const question = {
      model: parts.model(),
      size: parts.contextSize,
      request: (tokens: number) => {
        const { request, ...fit } = answerRequest(turns, { contextTokens: tokens, rules: "" });
        return { request: { ...request, temperature: 0 }, ...fit };
      },
      onLess: (tokens: number) => report(lessNotice(tokens)),
    };
    return writeMessage(repository.inputBox, fittingAnswer(question, signal));
  });
}

async function mayReplace(): Promise<boolean> {
  const replace = "Replace";
  const answer = await vscode.window.showWarningMessage("The commit box has a text already.", replace);
  return answer === replace;
}
