import * as vscode from "vscode";
import { findBugsLimits } from "../../assist/bugFinder.ts";
import { findFix } from "../../assist/fixer.ts";
import { type CodeRegion, lineAt } from "../../assist/region.ts";
import { surroundings } from "../../assist/weighedFindings.ts";
import type { PromptProblem } from "../../prompt/assistPrompt.ts";
import { withProgress } from "./assistProgress.ts";
import type { AssistServices } from "./assistServices.ts";
import { assistTarget, editableCode } from "./assistTarget.ts";
import { plainDocument, problemsIn, promptProblem } from "./editorRegion.ts";
import { findingSource, type Instead } from "./findingMarks.ts";
import { ShadowProblems } from "./shadowProblems.ts";

/**
 * Proposes a checked fix for the problem, or for the selection or the function at the cursor.
 * @param wish what the user says is wrong.
 * @returns what came of it, in words; undefined when nothing was tried or the model failed.
 */
export async function fix(
  services: AssistServices,
  uri?: vscode.Uri,
  problem?: vscode.Diagnostic,
  wish = "",
): Promise<string | undefined> {
  const target = await assistTarget(services, uri, problem?.range);
  const code = target && (await editableCode(services, target, "a fix"));
  if (!code) return undefined;
  const { document, region } = target;
  const problems: readonly PromptProblem[] = problem
    ? [promptProblem(problem)]
    : problemsIn(document, plainDocument(document).toRange(region.range));
  const line = lineAt(region.text, region.range.start);
  const isSearch = wish === "" && problems.every(({ source }) => source === findingSource);
  const instead = problem && isSearch ? services.marks.insteadOf(document, problem) : undefined;
  const known = instead && withText(region, document, instead);
  const { maxUnitCharacters } = findBugsLimits(services.contextTokens());
  const asked = wish ? [...problems, { line, severity: "user", message: wish, related: [] }] : problems;
  const check = await services.checks.open(document);
  const command = check === "declined" ? undefined : check;
  const shadow = new ShadowProblems(document, services.shadows, services.judges, services.log);
  const result = await withProgress("Wisp: fixing", services.log, async (report, signal) => {
    try {
      report("asking the language server");
      const before = await shadow.problemsOf(region.text, signal);
      return await findFix(
        region,
        asked,
        before ?? [],
        {
          model: services.model(),
          log: services.log,
          candidates: services.fixCandidates(),
          definitions: code.definitions,
          // The question has the other half.
          maxAnswerTokens: Math.floor(services.contextTokens() / 2),
          maskSecrets: services.maskSecrets,
          context: surroundings(region, { maskSecrets: services.maskSecrets, maxUnitCharacters }),
          isSearch,
          ...(known !== undefined && { known }),
          onProgress: report,
          checks: {
            syntax: services.syntax,
            problemsOf: async (_region, text) => (before ? shadow.problemsOf(text, signal) : undefined),
            runCommand:
              command &&
              ((_region, text, stop) => {
                report("running the check command");
                return command.run(text, stop);
              }),
          },
        },
        signal,
      );
    } finally {
      await shadow.dispose();
      await command?.dispose();
    }
  });
  if (!result || (result.cancelled && !result.fix)) return undefined;
  if (!result.fix) {
    const why = [...new Set(result.refused)].join("; ");
    const text = `No fix passed the checks, so none is shown. ${result.refused.length} tried: ${why}.`;
    void vscode.window.showWarningMessage(text);
    return text;
  }
  const notes = [...result.fix.check.notes, ...(check === "declined" ? ["check command not run"] : [])];
  if (!(await services.proposals.show(document, region.text, result.fix.text, notes.join(", "))))
    return "A fix was found, but the code was edited at the same place meanwhile.";
  return `A fix is proposed in the editor (${notes.join(", ")}). Nothing changes before you accept it.`;
}

/** The region with one place of the document written otherwise; undefined when it is edited by now. */
function withText(
  { text, range }: CodeRegion,
  document: vscode.TextDocument,
  { at, put }: Instead,
): string | undefined {
  const plain = plainDocument(document);
  if (plain.text !== text) return undefined;
  const { start, end } = plain.rangeOf(at);
  return text.slice(range.start, start) + put + text.slice(end, range.end);
}
