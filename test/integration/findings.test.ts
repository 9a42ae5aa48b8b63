import assert from "node:assert/strict";
import * as vscode from "vscode";
import { plainDocument, regionOf } from "../../src/editor/assist/editorRegion.ts";
import { FindingMarks } from "../../src/editor/assist/findingMarks.ts";
import { LanguageJudges } from "../../src/editor/assist/languageJudges.ts";
import { FakeClock } from "../fakes/fakeClock.ts";
import { closeActive, packagedSyntax, show, showText, until, wispId } from "./wisp.ts";

/** A memento that forgets with the test. */
function memory(): vscode.Memento {
  const values = new Map<string, unknown>();
  return {
    keys: () => [...values.keys()],
    get: <T>(key: string, otherwise?: T) => (values.has(key) ? (values.get(key) as T) : otherwise),
    update: async (key: string, value: unknown) => void values.set(key, value),
  } as vscode.Memento;
}

describe("findings in the extension host", () => {
  afterEach(closeActive);

  it("are dismissed in one place, and not on every line that reads the same", async () => {
    const syntax = packagedSyntax();
    const marks = new FindingMarks(memory(), syntax);
    try {
      const unit = (name: string): string => `def ${name}(values):\n    return values[len(values)]\n\n`;
      const { document } = await showText("python", unit("first") + unit("second"));
      const shown = async (): Promise<readonly number[]> => {
        const { text } = plainDocument(document);
        const all = new vscode.Range(0, 0, document.lineCount, 0);
        const findings = [...text.matchAll(/return.*/g)].map(({ index, 0: line }) => ({
          range: { start: index, end: index + line.length },
          message: "Past the end.",
          severity: "warning" as const,
        }));
        const result = await marks.show(document, regionOf(document, document.validateRange(all)), findings);
        return result.marks.map(({ range }) => range.start.line);
      };
      assert.deepEqual(await shown(), [1, 4]);
      const [, second] = marks.of(document.uri);
      assert.ok(second);
      await marks.dismiss(document.uri, second);
      assert.deepEqual(
        marks.of(document.uri).map(({ range }) => range.start.line),
        [1],
      );
      assert.deepEqual(await shown(), [1]);
      const edit = new vscode.WorkspaceEdit();
      edit.insert(document.uri, new vscode.Position(0, 0), `import os\n\n${unit("zeroth")}`);
      await vscode.workspace.applyEdit(edit);
      assert.deepEqual(await shown(), [3, 6]);
    } finally {
      marks.dispose();
      syntax.dispose();
    }
  });

  it("tell where nobody judges a language from where somebody has", async () => {
    const clock = new FakeClock();
    const judges = new LanguageJudges(wispId, clock);
    const others = vscode.languages.createDiagnosticCollection("others");
    const syntax = packagedSyntax();
    const marks = new FindingMarks(memory(), syntax);
    try {
      // Another name than the documents of other tests have, about which the editor may still tell something.
      const name = vscode.Uri.parse("untitled:judged.lua");
      const { document } = await show(await vscode.workspace.openTextDocument(name));
      const write = async (line: number, text: string): Promise<void> => {
        const edit = new vscode.WorkspaceEdit();
        edit.insert(document.uri, new vscode.Position(line, 0), text);
        await vscode.workspace.applyEdit(edit);
      };
      await write(0, "return 1\n");
      await until("the editor is seen", 5_000, () =>
        vscode.window.visibleTextEditors.some((editor) => editor.document === document) ? true : undefined,
      );
      clock.advance(60_000);
      assert.equal(judges.mayJudge(document), false);
      const changed = (): Promise<void> =>
        new Promise((resolve) => {
          const listener = vscode.languages.onDidChangeDiagnostics(({ uris }) => {
            if (!uris.some((uri) => uri.toString() === document.uri.toString())) return;
            listener.dispose();
            resolve();
          });
        });
      const code = regionOf(document, document.lineAt(0).range);
      const finding = { range: code.range, message: "Always one.", severity: "warning" } as const;
      for (const findings of [[finding], [], []]) {
        const heard = findings.length > 0 || marks.of(document.uri).length > 0 ? changed() : undefined;
        await marks.show(document, code, findings);
        await heard;
        assert.equal(judges.mayJudge(document), false, `${findings.length} findings of Wisp's own`);
      }
      const heard = changed();
      await marks.show(document, code, [finding]);
      await heard;
      await write(1, "-- Below.\n");
      assert.equal(judges.mayJudge(document), false, "an edit below a finding");
      clock.advance(1_000);
      await until("a report of others is heard", 5_000, () => {
        // The editor tells of several changes of a moment as of one.
        others.set(document.uri, []);
        return judges.mayJudge(document) ? true : undefined;
      });
      const typescript = await showText("typescript", "const a = 1;\n");
      assert.equal(judges.mayJudge(typescript.document), true);
    } finally {
      others.dispose();
      judges.dispose();
      marks.dispose();
      syntax.dispose();
    }
  });
});
