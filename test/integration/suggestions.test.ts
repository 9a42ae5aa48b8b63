import assert from "node:assert/strict";
import * as vscode from "vscode";
import { VirtualFile } from "./virtualFile.ts";
import { closeActive, show, showText, traceHere, type, until, wisp } from "./wisp.ts";

const sum = "/** The sum of two numbers. */\nexport function add(a: number, b: number): number {\n  ";

describe("suggestions in the extension host", () => {
  afterEach(closeActive);

  it("are committed into the document as they were traced", async () => {
    const editor = await showText("typescript", sum);
    await type("return ");
    const trace = await traceHere(editor);
    const { uri, position, outcome } = trace;
    assert.equal(outcome.kind, "shown", JSON.stringify(trace));
    await until("the suggestion is inserted", 5_000, async () => {
      await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
      return editor.document.getText() === `${sum}return ` ? undefined : true;
    });
    // What was shown first may have grown by then.
    const texts = (await wisp())
      .traces()
      .filter((each) => each.uri === uri && each.position.character === position.character)
      .map((each) => (each.outcome.kind === "shown" ? each.outcome.text : ""));
    const taken = editor.document.getText().slice(`${sum}return `.length);
    assert.ok(taken !== "" && texts.includes(taken), JSON.stringify({ taken, texts }));
  });

  it("keep the line ends of a document with CRLF", async () => {
    const editor = await showText("typescript", "");
    await editor.edit((edit) => edit.setEndOfLine(vscode.EndOfLine.CRLF));
    await type("export function add(a: number, b: number): number {\n  return ");
    const trace = await traceHere(editor);
    assert.equal(trace.outcome.kind, "shown", JSON.stringify(trace.outcome));
    await until("the suggestion is inserted", 5_000, async () => {
      await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
      return editor.document.getText().endsWith("return ") ? undefined : true;
    });
    assert.doesNotMatch(editor.document.getText(), /[^\r]\n/);
  });

  it("are given in a file system that is on no disk", async () => {
    const files = vscode.workspace.registerFileSystemProvider(
      "wispmemory",
      new VirtualFile("/src/add.ts", sum),
    );
    try {
      const uri = vscode.Uri.from({ scheme: "wispmemory", authority: "somewhere", path: "/src/add.ts" });
      const editor = await show(await vscode.workspace.openTextDocument(uri));
      await type("return ");
      const { outcome } = await traceHere(editor);
      assert.equal(outcome.kind, "shown", JSON.stringify(outcome));
    } finally {
      files.dispose();
    }
  });

  it("are not held to what VS Code's own PHP extension lists everywhere", async function () {
    this.timeout(90_000);
    const php =
      "<?php\nclass Depot {\n  function stock() { return 1; }\n}\n\nfunction count_all(Depot $depot) {\n  ";
    for (const code of ["$made = new ", "return $depot->"]) {
      const editor = await showText("php", php);
      const { document, selection } = editor;
      await until("VS Code's extension lists the language's functions", 20_000, async () => {
        const list = await vscode.commands.executeCommand<vscode.CompletionList>(
          "vscode.executeCompletionItemProvider",
          document.uri,
          selection.active,
        );
        return list.items.some(({ label }) => label === "strlen") ? true : undefined;
      });
      await type(code);
      const trace = await traceHere(editor);
      assert.notEqual(trace.members?.source, "language server", JSON.stringify(trace.members));
      assert.notDeepEqual(reasonOf(trace), "unknown-name");
      await closeActive();
    }
  });

  it("make what a script's page knows and its language server does not", async function () {
    this.timeout(90_000);
    const made = (name: string) => `const ${name} = new Vue({ el: "#${name}" });\n`;
    const editor = await showText("javascript", `${made("first")}${made("second")}${made("third")}`);
    const listed = () =>
      until("the language server lists what the language has", 20_000, async () => {
        const list = await vscode.commands.executeCommand<vscode.CompletionList>(
          "vscode.executeCompletionItemProvider",
          editor.document.uri,
          editor.selection.active,
        );
        return list.items.some(({ label }) => label === "WeakMap") ? true : undefined;
      });
    await listed();
    await type("const fourth = new ");
    await traceHere(editor);
    // By then the names that were asked for here are there too.
    await listed();
    await type("V");
    const trace = await traceHere(editor);
    const { outcome } = trace;
    assert.match(
      outcome.kind === "shown" ? outcome.text : outcome.reason,
      /^ue\(/,
      JSON.stringify(trace, null, 1),
    );
  });

  it("are off in Markdown, and say so", async () => {
    const editor = await showText("markdown", "# Title\n\n");
    await type("Some words ");
    assert.deepEqual(reasonOf(await traceHere(editor)), "language-off");
  });

  it("never ask for a file that holds secrets", async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    assert.ok(folder);
    const uri = vscode.Uri.joinPath(folder, ".env");
    await vscode.workspace.fs.writeFile(uri, Buffer.from("API_KEY=abc\n"));
    const document = await vscode.workspace.openTextDocument(uri);
    const editor = await vscode.window.showTextDocument(document);
    editor.selection = new vscode.Selection(1, 0, 1, 0);
    await type("TOKEN=");
    const trace = await traceHere(editor);
    assert.ok(
      ["secret-file", "excluded-file"].includes(reasonOf(trace) ?? ""),
      JSON.stringify(trace.outcome),
    );
    assert.equal(trace.prompt, undefined);
  });

  it("leave a huge file alone at once", async () => {
    const editor = await showText("typescript", "const x = 1;\n".repeat(100_000));
    await type("const y");
    const trace = await traceHere(editor);
    assert.equal(reasonOf(trace), "file-too-large");
    assert.equal(trace.prompt, undefined);
    assert.deepEqual(
      trace.stages.map(({ name }) => name),
      ["answer"],
      "no other step was taken",
    );
  });
});

function reasonOf({ outcome }: Awaited<ReturnType<typeof traceHere>>): string | undefined {
  return outcome.kind === "silent" ? outcome.reason : undefined;
}
