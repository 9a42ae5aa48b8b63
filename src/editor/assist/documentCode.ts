import * as vscode from "vscode";
import { writeDocumentation } from "../../assist/documenter.ts";
import { withProgress } from "./assistProgress.ts";
import type { AssistServices } from "./assistServices.ts";
import { assistTarget, editableCode } from "./assistTarget.ts";

/**
 * Proposes a documentation comment for the selection or the function at the cursor.
 * @returns what came of it, in words; undefined when nothing was tried or the model failed.
 */
export async function documentCode(services: AssistServices, uri?: vscode.Uri): Promise<string | undefined> {
  const target = await assistTarget(services, uri, undefined);
  const code = target && (await editableCode(services, target, "a documentation comment"));
  if (!code) return undefined;
  const result = await withProgress("Wisp: writing a comment", services.log, (_report, signal) =>
    writeDocumentation(target.region, code, services.model(), services.syntax, signal),
  );
  if (!result || result.kind === "cancelled") return undefined;
  if (result.kind === "nothing") {
    const text = `No comment is shown: ${result.why}.`;
    void vscode.window.showWarningMessage(text);
    return text;
  }
  const note = "only comments are added";
  if (!(await services.proposals.show(target.document, target.region.text, result.text, note)))
    return "A comment was written, but the code was edited at the same place meanwhile.";
  return "A comment is proposed in the editor (only comments are added). Nothing changes before you accept it.";
}
