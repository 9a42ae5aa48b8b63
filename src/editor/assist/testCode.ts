import * as posix from "node:path/posix";
import * as vscode from "vscode";
import {
  exampleTest,
  type Manifest,
  projectFolder,
  testFramework,
  testPathOf,
} from "../../assist/testConventions.ts";
import { type TestsResult, writeTests } from "../../assist/testWriter.ts";
import { fitCode, type TestConventions } from "../../prompt/assistPrompt.ts";
import { cutToTokens } from "../../prompt/tokenEstimate.ts";
import { withProgress } from "./assistProgress.ts";
import type { AssistServices } from "./assistServices.ts";
import { type AssistTarget, assistTarget, promptCode } from "./assistTarget.ts";

/** VS Code finds nothing with braces inside of braces. */
const testFiles = "**/{test_*.py,*_test.py,conftest.py,*.test.*,*.spec.*,*_test.go,*Test.java,tests/*.rs}";
const notOwn = "**/{node_modules,.venv,venv,dist,out,build,target}/**";
const manifestNames = ["package.json", "pyproject.toml", "pytest.ini", "setup.cfg", "requirements-dev.txt"];
const mostTests = 200;

/**
 * Writes tests for the selection or the function at the cursor into a new document, which is not on disk before the
 * user saves it.
 * @returns what came of it, in words; undefined when nothing was tried or the model failed.
 */
export async function testCode(services: AssistServices, uri?: vscode.Uri): Promise<string | undefined> {
  const target = await assistTarget(services, uri, undefined);
  if (!target) return undefined;
  const folder = vscode.workspace.getWorkspaceFolder(target.document.uri);
  const tokens = services.contextTokens();
  const fitted = fitCode(await promptCode(services, target), Math.floor(tokens * 0.35), target.line);
  const conventions = await conventionsOf(services, target, folder, Math.floor(tokens * 0.15));
  const check = await services.checks.open(target.document);
  const command = check === "declined" ? undefined : check;
  const result = await withProgress(
    "Wisp: writing tests",
    services.log,
    async (report, signal): Promise<TestsResult> => {
      try {
        const written = await writeTests(
          fitted.code,
          conventions,
          {
            model: services.model(),
            syntax: services.syntax,
            candidates: services.fixCandidates(),
            maxTokens: Math.min(1536, Math.floor(tokens * 0.4)),
            subject: await subjectOf(services, target),
          },
          signal,
        );
        if (written.kind !== "written" || !command) return written;
        report("running the check command");
        // A new test that fails may be wrong, or right about a bug: that is for the user to see.
        const run = await command.run(written.text, signal, conventions.testPath);
        const fails = run.passed === false;
        const note = fails ? `the check command fails with it: ${run.summary}` : run.summary;
        return { ...written, notes: [...written.notes, note] };
      } finally {
        await command?.dispose();
      }
    },
  );
  if (!result || result.kind === "cancelled") return undefined;
  if (result.kind === "nothing") {
    const text = `No tests are shown: ${[...new Set(result.refused)].join("; ")}.`;
    void vscode.window.showWarningMessage(text);
    return text;
  }
  const lost = fitted.lost > 0 ? [`without ${fitted.lost} lines of the code, which do not fit`] : [];
  const run = command ? [] : ["not run"];
  const notes = [...result.notes, ...run, ...lost].join(", ");
  const place = await show(target.document, folder, conventions.testPath, result.text);
  const text = `${place} (${notes}).`;
  void vscode.window.showInformationMessage(text);
  return text;
}

async function conventionsOf(
  services: AssistServices,
  { document, region }: AssistTarget,
  folder: vscode.WorkspaceFolder | undefined,
  exampleTokens: number,
): Promise<TestConventions> {
  const inFolder = folder ? vscode.workspace.asRelativePath(document.uri, false) : region.path;
  const manifests = folder ? await manifestsOf(folder, inFolder) : [];
  const project = projectFolder(manifests);
  const facts = { tests: folder ? await testsIn(folder, project) : [], manifests };
  const source = posix.relative(project, inFolder);
  const testPath = posix.join(project, testPathOf(source, document.languageId, facts));
  const framework = testFramework(document.languageId, facts);
  const example = exampleTest(source, facts);
  const path = example && posix.join(project, example);
  const uri = path && folder && vscode.Uri.joinPath(folder.uri, path);
  if (!uri || !(await services.mayUse(uri))) return { framework, testPath, example: undefined };
  const shown = await vscode.workspace.openTextDocument(uri);
  const text = cutToTokens(
    services.maskSecrets(shown.getText().replaceAll("\r\n", "\n")),
    exampleTokens,
  ).trimEnd();
  return { framework, testPath, example: { path, languageId: shown.languageId, text } };
}

/** The manifests of a file's folder and of those around it, the nearest first. */
async function manifestsOf(folder: vscode.WorkspaceFolder, source: string): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = [];
  for (let at = posix.dirname(source); ; at = posix.dirname(at)) {
    const inside = at === "." ? "" : at;
    const pattern = new vscode.RelativePattern(
      vscode.Uri.joinPath(folder.uri, inside),
      `{${manifestNames.join(",")}}`,
    );
    for (const uri of await vscode.workspace.findFiles(pattern)) {
      const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
      manifests.push({ folder: inside, name: posix.basename(uri.path), text });
    }
    if (inside === "") return manifests;
  }
}

async function testsIn(folder: vscode.WorkspaceFolder, project: string): Promise<readonly string[]> {
  const root = vscode.Uri.joinPath(folder.uri, project);
  const inProject = (glob: string): vscode.RelativePattern => new vscode.RelativePattern(root, glob);
  const found = await vscode.workspace.findFiles(inProject(testFiles), inProject(notOwn), mostTests);
  return found.map((uri) => posix.relative(root.path, uri.path)).sort();
}

/** The name of the outermost definition that begins in the region. */
async function subjectOf(services: AssistServices, { region }: AssistTarget): Promise<string | undefined> {
  const outline = await services.syntax.outline(region.languageId, region.text);
  const callable = new Set(["function", "method", "class"]);
  const inside = (outline?.definitions ?? []).filter(
    ({ range, kind }) =>
      callable.has(kind) && range.start >= region.range.start && range.end <= region.range.end,
  );
  const [first] = inside;
  return first?.kind === "method" ? (first.container ?? first.name) : first?.name;
}

/** Opens the text as a document that will be saved at its path; where a file is already, as one without a name. */
async function show(
  source: vscode.TextDocument,
  folder: vscode.WorkspaceFolder | undefined,
  testPath: string,
  text: string,
): Promise<string> {
  const uri = folder && vscode.Uri.joinPath(folder.uri, testPath);
  const unsaved = uri?.with({ scheme: "untitled" }).toString();
  const isFree =
    uri?.scheme === "file" &&
    // Tests that were written before and are not saved yet are somebody's work by now.
    !vscode.workspace.textDocuments.some(
      (open) => open.uri.toString() === unsaved && open.getText() !== "",
    ) &&
    (await vscode.workspace.fs.stat(uri).then(
      () => false,
      () => true,
    ));
  if (!uri || !isFree) {
    const nameless = await vscode.workspace.openTextDocument({ content: text, language: source.languageId });
    await vscode.window.showTextDocument(nameless, vscode.ViewColumn.Beside);
    return uri
      ? `${testPath} exists, so the tests are in a document without a name`
      : "The tests are written";
  }
  const document = await vscode.workspace.openTextDocument(uri.with({ scheme: "untitled" }));
  const editor = await vscode.window.showTextDocument(document, vscode.ViewColumn.Beside);
  const everything = new vscode.Range(0, 0, document.lineCount, 0);
  await editor.edit((edit) => edit.replace(everything, text));
  return `The tests are in ${testPath}, which is not on disk before you save it`;
}
