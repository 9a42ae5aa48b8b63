import * as vscode from "vscode";
import { removeAbandonedShadows } from "../../assist/shadowWorkspace.ts";
import type { Clock } from "../../base/clock.ts";
import type { DisposableStore } from "../../base/disposable.ts";
import { reporting } from "../commands.ts";
import { applyCode } from "./applyCode.ts";
import { AssistCodeActions } from "./assistCodeActions.ts";
import type { AssistServices } from "./assistServices.ts";
import { documentCode } from "./documentCode.ts";
import { explain } from "./explain.ts";
import { ExplainHover } from "./explainHover.ts";
import { findBugsInChanges, findBugsInFile } from "./findBugsIn.ts";
import { FindingMarks } from "./findingMarks.ts";
import { fix } from "./fix.ts";
import { LanguageJudges } from "./languageJudges.ts";
import { Proposals } from "./proposals.ts";
import { RetiredShadows } from "./shadowProblems.ts";
import { testCode } from "./testCode.ts";
import { type CheckSetting, UserChecks } from "./userCheck.ts";

export type AssistParts = Omit<
  AssistServices,
  "marks" | "proposals" | "shadows" | "judges" | "checks" | "log"
> & {
  readonly log: vscode.LogOutputChannel;
  readonly memory: vscode.Memento;
  /** Identifier of this extension. */
  readonly self: string;
  readonly clock: Clock;
  readonly checkCommand: (uri: vscode.Uri) => CheckSetting | undefined;
};

/** What the chat may call. */
export interface Assist {
  /** @param paths files besides the active one where the code's place may be. */
  applyCode(code: string, paths: readonly string[]): Promise<void>;
  /**
   * Carries out a slash command on the active editor, where the command can.
   * @returns undefined when it cannot; else what to say about it, which is nothing when it has said so itself.
   */
  slash(name: string, rest: string): Promise<{ readonly text?: string } | undefined>;
}

/** Builds explain, find bugs, fix, tests and document, and registers their commands and quick fixes. */
export function registerAssist(parts: AssistParts, disposables: DisposableStore): Assist {
  const { log, memory } = parts;
  const services: AssistServices = {
    ...parts,
    marks: disposables.add(new FindingMarks(memory, parts.syntax)),
    proposals: disposables.add(new Proposals()),
    shadows: disposables.add(new RetiredShadows()),
    judges: disposables.add(new LanguageJudges(parts.self, parts.clock)),
    checks: new UserChecks(parts.checkCommand, memory),
  };
  void removeAbandonedShadows().catch((error: unknown) =>
    log.warn(`Folders of earlier checks could not be removed: ${String(error)}`),
  );
  disposables.add(new ExplainHover(services));
  // Menus pass other things after the URI; only a quick fix passes a problem.
  const problemOf = (value: unknown): vscode.Diagnostic | undefined =>
    value instanceof vscode.Diagnostic ? value : undefined;
  const commands: Readonly<Record<string, (uri?: vscode.Uri, problem?: unknown) => Promise<unknown>>> = {
    "wisp.explain": (uri, problem) => explain(services, uri, problemOf(problem)),
    "wisp.findBugs": (uri) => findBugsInFile(services, uri),
    "wisp.fix": (uri, problem) => fix(services, uri, problemOf(problem)),
    "wisp.tests": (uri) => testCode(services, uri),
    "wisp.document": (uri) => documentCode(services, uri),
    "wisp.dismissFinding": async (uri, problem) => {
      const found = problemOf(problem);
      if (uri && found) await services.marks.dismiss(uri, found);
    },
    "wisp.clearFindings": async () => services.marks.clear(),
  };
  for (const [id, run] of Object.entries(commands))
    disposables.add(vscode.commands.registerCommand(id, reporting(id, run, log)));
  const inChanges = "wisp.findBugsInChanges";
  disposables.add(
    // The title of the source control view passes its repository.
    vscode.commands.registerCommand(
      inChanges,
      reporting(
        inChanges,
        (control?: vscode.SourceControl) => findBugsInChanges(services, control?.rootUri),
        log,
      ),
    ),
  );
  disposables.add(
    vscode.languages.registerCodeActionsProvider({ pattern: "**" }, new AssistCodeActions(), {
      providedCodeActionKinds: AssistCodeActions.kinds,
    }),
  );
  const slash: Readonly<Record<string, () => Promise<string | undefined>>> = {
    bugs: () => findBugsInFile(services),
    tests: () => testCode(services),
    doc: () => documentCode(services),
  };
  return {
    applyCode: (code, paths) => applyCode(services, code, paths),
    slash: async (name, rest) => {
      if (!vscode.window.activeTextEditor) return undefined;
      if (name === "explain") {
        await explain(services, undefined, undefined, rest);
        return {};
      }
      const run =
        name === "fix" ? () => fix(services, undefined, undefined, rest) : rest === "" && slash[name];
      if (!run) return undefined;
      return { text: (await run()) ?? "Nothing came of it: it was cancelled, or could not be done." };
    },
  };
}
