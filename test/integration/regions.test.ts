import assert from "node:assert/strict";
import * as vscode from "vscode";
import { type CodeRegion, regionText } from "../../src/assist/region.ts";
import { silentLog } from "../../src/base/log.ts";
import { calledDefinitions, meantRegion, regionOf } from "../../src/editor/assist/editorRegion.ts";
import type { TreeSitterSyntax } from "../../src/syntax/treeSitterSyntax.ts";
import { closeActive, packagedSyntax, showText, until } from "./wisp.ts";

const mean = `function mean(values: number[]) {
  const doubled = values.map((item) => item * 2);
  return doubled.length;
}`;
const sum = `function sum(values)
  local total = 0
  for _, value in ipairs(values) do
    total = total + value
  end
  return total
end`;

/** What is called, asked three times: a machine that others use too may let the editor come too late. */
async function told(
  services: Parameters<typeof calledDefinitions>[0],
  document: vscode.TextDocument,
  region: CodeRegion,
): Promise<string> {
  for (let tries = 3; ; tries--) {
    const text = await calledDefinitions(services, document, region, 800);
    if (text !== "" || tries === 1) return text;
  }
}

function names(symbols: readonly vscode.DocumentSymbol[]): readonly string[] {
  return symbols.flatMap(({ name, children }) => [name, ...names(children)]);
}

describe("what a place in the editor means", () => {
  let syntax: TreeSitterSyntax;
  before(() => {
    syntax = packagedSyntax();
  });
  after(() => syntax.dispose());
  afterEach(closeActive);

  async function meant(document: vscode.TextDocument, place: string): Promise<string> {
    const at = document.positionAt(document.getText().indexOf(place));
    return regionText(await meantRegion(document, new vscode.Range(at, at), syntax));
  }

  it("is the function around a lambda of one expression, which TypeScript's server calls a function", async function () {
    this.timeout(90_000);
    const { document } = await showText("typescript", `${mean}\n\nmean([1]);\n`);
    await until("the server knows the lambda", 60_000, async () => {
      const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
        "vscode.executeDocumentSymbolProvider",
        document.uri,
      );
      return symbols && names(symbols).some((name) => name.includes("callback")) ? true : undefined;
    });
    assert.equal(await meant(document, "item * 2"), mean);
  });

  it("is what tree-sitter sees while a server is late", async () => {
    const code = "def one():\n    return 1\n\n\ndef two():\n    return 2\n";
    const { document } = await showText("python", code);
    const late = vscode.languages.registerDocumentSymbolProvider("python", {
      provideDocumentSymbols: () => new Promise<vscode.DocumentSymbol[]>(() => undefined),
    });
    try {
      assert.equal(await meant(document, "return 2"), "def two():\n    return 2");
    } finally {
      late.dispose();
    }
  });

  it("is a function with its end where neither server nor grammar know the language", async () => {
    const { document } = await showText("lua", `${sum}\n\nprint(sum({}))\n`);
    assert.equal(await meant(document, "total + value"), sum);
  });

  it("goes along without the definitions that cannot be read or are not there any more", async () => {
    const { document } = await showText("lua", "local a = one() + two() + three()\n");
    const nowhere = vscode.Uri.from({ scheme: "wisp-nowhere", path: "/a.lua" });
    const own = await vscode.workspace.openTextDocument({
      language: "lua",
      content: "function three()\nend\n",
    });
    const servers = vscode.languages.registerDefinitionProvider("lua", {
      provideDefinition: (_document, { character }) => {
        const [uri, line] = character < 16 ? [nowhere, 0] : [own.uri, character < 24 ? 900 : 0];
        return new vscode.Location(uri, new vscode.Range(line, 0, line, 1));
      },
    });
    try {
      const parts = { mayUse: async () => true, maskSecrets: (text: string) => text, log: silentLog };
      const region = regionOf(document, document.lineAt(0).range);
      assert.equal(await told(parts, document, region), `// ${own.uri.path}\nfunction three()`);
    } finally {
      servers.dispose();
    }
  });

  it("goes along with the line in which what it calls has its name", async () => {
    const { document } = await showText("lua", "-- A decorator.\nfunction one()\nend\n\none()\n");
    const servers = vscode.languages.registerDefinitionProvider("lua", {
      provideDefinition: () => [
        {
          targetUri: document.uri,
          targetRange: new vscode.Range(0, 0, 2, 3),
          targetSelectionRange: new vscode.Range(1, 9, 1, 12),
        },
      ],
    });
    try {
      const parts = { mayUse: async () => true, maskSecrets: (text: string) => text, log: silentLog };
      const region = regionOf(document, document.lineAt(4).range);
      assert.equal(await told(parts, document, region), `// ${document.uri.path}\nfunction one()`);
    } finally {
      servers.dispose();
    }
  });

  it("is what a server knows, also where there is no grammar", async () => {
    const { document } = await showText("lua", `${sum}\n\nprint(sum({}))\n`);
    const part = new vscode.Range(2, 2, 4, 5);
    const symbols = vscode.languages.registerDocumentSymbolProvider("lua", {
      provideDocumentSymbols: () => [
        new vscode.DocumentSymbol("part", "", vscode.SymbolKind.Function, part, part),
      ],
    });
    try {
      assert.equal(await meant(document, "total + value"), sum.split("\n").slice(2, 5).join("\n"));
    } finally {
      symbols.dispose();
    }
  });
});
