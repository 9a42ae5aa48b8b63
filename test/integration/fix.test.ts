import assert from "node:assert/strict";
import * as vscode from "vscode";
import { silentLog } from "../../src/base/log.ts";
import type { AssistServices } from "../../src/editor/assist/assistServices.ts";
import { fix } from "../../src/editor/assist/fix.ts";
import { LanguageJudges } from "../../src/editor/assist/languageJudges.ts";
import { RetiredShadows } from "../../src/editor/assist/shadowProblems.ts";
import { FakeClock } from "../fakes/fakeClock.ts";
import { scriptedChat } from "../fakes/scriptedChat.ts";
import { packagedSyntax, until, wispId } from "./wisp.ts";

const wrong = "function last(values)\n  return values[#values + 1]\nend\n";
const right = wrong.replace(" + 1", "");

describe("a fix in the extension host", () => {
  afterEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

  it("does not wait for a language server where nobody judges the language, and says so", async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(folder);
    const file = vscode.Uri.joinPath(folder.uri, "last.lua");
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(wrong));
    const clock = new FakeClock();
    const syntax = packagedSyntax();
    const judges = new LanguageJudges(wispId, clock);
    const shadows = new RetiredShadows();
    const proposed: string[] = [];
    const { model } = scriptedChat([`\`\`\`lua\n${right}\`\`\`\n`]);
    const services: Partial<AssistServices> = {
      ...{ syntax, judges, shadows, log: silentLog, model: () => model },
      ...{ contextTokens: () => 4096, fixCandidates: () => 1 },
      mayUse: async () => true,
      maskSecrets: (text) => text,
      marks: { insteadOf: () => undefined } as unknown as AssistServices["marks"],
      checks: { open: async () => undefined } as unknown as AssistServices["checks"],
      proposals: {
        show: async (_document: vscode.TextDocument, _base: string, text: string) => proposed.push(text) > 0,
      } as unknown as AssistServices["proposals"],
    };
    try {
      const editor = await vscode.window.showTextDocument(file);
      editor.selection = new vscode.Selection(1, 2, 1, 2);
      await until("the editor is seen", 5_000, () =>
        vscode.window.visibleTextEditors.includes(editor) ? true : undefined,
      );
      clock.advance(60_000);
      // A server is asked about a copy, which is opened for it.
      const copies: string[] = [];
      const opening = vscode.workspace.onDidOpenTextDocument(({ uri }) => {
        if (uri.scheme === "file") copies.push(uri.fsPath);
      });
      const told = await fix(services as AssistServices).finally(() => opening.dispose());
      assert.match(told ?? "", /^A fix is proposed .*no language server judged it/);
      assert.deepEqual(proposed, [right]);
      assert.deepEqual(copies, []);
    } finally {
      judges.dispose();
      shadows.dispose();
      syntax.dispose();
      await vscode.workspace.fs.delete(file);
    }
  });
});
