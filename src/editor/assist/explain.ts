import type * as vscode from "vscode";
import { collectAnswer } from "../../assist/modelAnswer.ts";
import {
  briefExplainPrompt,
  explainPrompt,
  fitCode,
  type PromptProblem,
  withoutSecrets,
} from "../../prompt/assistPrompt.ts";
import type { AssistServices } from "./assistServices.ts";
import { assistTarget, promptCode } from "./assistTarget.ts";
import { plainDocument, problemsIn, promptProblem } from "./editorRegion.ts";

/** Explains the problem, the selection, or the function at the cursor, as a turn of the chat. */
export async function explain(
  services: AssistServices,
  uri?: vscode.Uri,
  problem?: vscode.Diagnostic,
  wish = "",
): Promise<void> {
  const target = await assistTarget(services, uri, problem?.range);
  if (!target) return;
  const { document, region } = target;
  const masked = (one: PromptProblem): PromptProblem => withoutSecrets(one, services.maskSecrets);
  const inRange = plainDocument(document).toRange(region.range);
  const problems = problem ? [] : problemsIn(document, inRange).map(masked);
  const budget = Math.floor(services.contextTokens() / 2);
  const fitted = fitCode(await promptCode(services, target), budget, target.line);
  const subject = problem && masked(promptProblem(problem));
  const { question, context } = explainPrompt(fitted.code, subject, problems);
  const place = `${region.path}:${fitted.code.startLine}`;
  const notice = fitted.lost > 0 ? ` (without ${fitted.lost} of its lines, which do not fit)` : "";
  const title = `Explain ${subject ? `“${firstWords(subject.message)}” in ` : ""}${place}${notice}`;
  const mind = wish && ` Mind in particular: ${wish}`;
  await services.askChat(`${title}${wish && `: ${wish}`}`, `${question}${mind}`, context);
}

/** Messages of compilers can have many lines. */
function firstWords(message: string): string {
  const [line = ""] = message.split("\n");
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}

/** An explanation of a few sentences, for a hover; undefined when the place may not be used. @throws {ModelError} */
export async function explainBriefly(
  services: AssistServices,
  signal: AbortSignal,
): Promise<string | undefined> {
  const target = await assistTarget(services, undefined, undefined);
  if (!target) return undefined;
  const { document, region } = target;
  const problems = problemsIn(document, plainDocument(document).toRange(region.range)).map((one) =>
    withoutSecrets(one, services.maskSecrets),
  );
  const budget = Math.floor(services.contextTokens() / 2);
  const fitted = fitCode(await promptCode(services, target), budget, target.line);
  const messages = briefExplainPrompt(fitted.code, problems);
  const answer = await collectAnswer(services.model(), { messages, maxTokens: 160, temperature: 0 }, signal);
  const text = answer.text.trim();
  if (text === "") return undefined;
  return fitted.lost > 0 ? `${text}\n\n(Without ${fitted.lost} lines of it, which do not fit.)` : text;
}
