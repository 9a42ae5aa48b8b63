import * as vscode from "vscode";
import { removeAbandonedShadows } from "../../assist/shadowWorkspace.ts";
import type { DisposableStore } from "../../base/disposable.ts";
import { AssistCodeActions } from "./assistCodeActions.ts";
import { AssistCommands, type AssistOptions } from "./assistCommands.ts";
import { FindingMarks } from "./findingMarks.ts";
import { Proposals } from "./proposals.ts";
import { RetiredShadows } from "./shadowProblems.ts";
import { type CheckSetting, UserChecks } from "./userCheck.ts";

export type AssistServices = Omit<AssistOptions, "marks" | "proposals" | "shadows" | "checks"> & {
  readonly memory: vscode.Memento;
  readonly checkCommand: (uri: vscode.Uri) => CheckSetting | undefined;
};

/** Builds explain, find bugs and fix and registers their commands and quick fixes. */
export function registerAssist(services: AssistServices, disposables: DisposableStore): AssistCommands {
  const marks = disposables.add(new FindingMarks(services.memory));
  const proposals = disposables.add(new Proposals());
  const shadows = disposables.add(new RetiredShadows());
  const checks = new UserChecks(services.checkCommand, services.memory);
  void removeAbandonedShadows().catch((error: unknown) =>
    services.log.warn(`Folders of earlier checks could not be removed: ${String(error)}`),
  );
  const commands = new AssistCommands({ ...services, marks, proposals, shadows, checks });
  const register = (id: string, run: (uri?: vscode.Uri, problem?: unknown) => Promise<void>): void => {
    disposables.add(vscode.commands.registerCommand(id, run));
  };
  // Menus pass other things after the URI; only a quick fix passes a problem.
  const problemOf = (value: unknown): vscode.Diagnostic | undefined =>
    value instanceof vscode.Diagnostic ? value : undefined;
  register("wisp.explain", (uri, problem) => commands.explain(uri, problemOf(problem)));
  register("wisp.findBugs", (uri) => commands.findBugs(uri));
  register("wisp.fix", (uri, problem) => commands.fix(uri, problemOf(problem)));
  register("wisp.dismissFinding", async (uri, problem) => {
    const found = problemOf(problem);
    if (uri && found) await marks.dismiss(uri, found);
  });
  register("wisp.clearFindings", async () => marks.clear());
  disposables.add(
    vscode.languages.registerCodeActionsProvider({ pattern: "**" }, new AssistCodeActions(), {
      providedCodeActionKinds: AssistCodeActions.kinds,
    }),
  );
  return commands;
}
