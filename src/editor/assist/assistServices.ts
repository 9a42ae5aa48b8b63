import type * as vscode from "vscode";
import type { Log } from "../../base/log.ts";
import type { ModelClient } from "../../model/modelClient.ts";
import type { SyntaxService } from "../../syntax/syntaxService.ts";
import type { FindingMarks } from "./findingMarks.ts";
import type { LanguageJudges } from "./languageJudges.ts";
import type { Proposals } from "./proposals.ts";
import type { RetiredShadows } from "./shadowProblems.ts";
import type { UserChecks } from "./userCheck.ts";

/** What the assist commands work with. */
export interface AssistServices {
  readonly model: () => ModelClient;
  readonly syntax: SyntaxService;
  readonly log: Log;
  readonly marks: FindingMarks;
  readonly proposals: Proposals;
  readonly shadows: RetiredShadows;
  readonly judges: LanguageJudges;
  readonly checks: UserChecks;
  /** Tokens that the model takes, prompt and answer together. */
  readonly contextTokens: () => number;
  /** Candidates that a fix may try. */
  readonly fixCandidates: () => number;
  /** Whether a file may enter a prompt. */
  readonly mayUse: (uri: vscode.Uri) => Promise<boolean>;
  readonly maskSecrets: (text: string) => string;
  /** Sends a question with its context to the chat; `title` is what the conversation shows. */
  readonly askChat: (title: string, question: string, context: string) => Promise<void>;
}
