import assert from "node:assert/strict";
import * as vscode from "vscode";
import { silentLog } from "../../src/base/log.ts";
import type { AssistServices } from "../../src/editor/assist/assistServices.ts";
import { testCode } from "../../src/editor/assist/testCode.ts";
import { scriptedChat } from "../fakes/scriptedChat.ts";
import { closeActive, packagedSyntax } from "./wisp.ts";

describe("tests that are written in the extension host", () => {
  afterEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

  it("go where the project keeps them that the file belongs to, with its framework and an example of its own", async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(folder);
    const root = vscode.Uri.joinPath(folder.uri, "packages");
    const files: Readonly<Record<string, string>> = {
      "one/package.json": '{ "name": "one", "devDependencies": { "mocha": "12" } }',
      "one/src/package.json": '{ "type": "module" }',
      "one/src/twice.ts": "export function twice(value: number): number {\n  return value * 2;\n}\n",
      "one/test/half.test.ts": "// An example.\n",
      "two/package.json": '{ "name": "two", "devDependencies": { "jest": "30" } }',
      "two/src/half.spec.ts": "// Of another project.\n",
    };
    for (const [path, text] of Object.entries(files))
      await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(root, path), new TextEncoder().encode(text));
    const syntax = packagedSyntax();
    const answer = '```typescript\nimport { twice } from "../src/twice.ts";\ntwice(1);\n```\n';
    const { model, requests } = scriptedChat([answer]);
    const services: Partial<AssistServices> = {
      ...{ syntax, log: silentLog, model: () => model, contextTokens: () => 4096, fixCandidates: () => 1 },
      mayUse: async () => true,
      maskSecrets: (text) => text,
      checks: { open: async () => undefined } as unknown as AssistServices["checks"],
    };
    try {
      const editor = await vscode.window.showTextDocument(vscode.Uri.joinPath(root, "one/src/twice.ts"));
      editor.selection = new vscode.Selection(1, 2, 1, 2);
      const told = await testCode(services as AssistServices);
      assert.match(told ?? "", /^The tests are in packages\/one\/test\/twice\.test\.ts/);
      const question = requests[0]?.messages.at(-1)?.content ?? "";
      assert.match(question, /Write the file packages\/one\/test\/twice\.test\.ts with mocha\./);
      assert.match(question, /A test of this project, packages\/one\/test\/half\.test\.ts:/);
    } finally {
      syntax.dispose();
      await closeActive();
      await vscode.workspace.fs.delete(root, { recursive: true });
    }
  });
});
