import assert from "node:assert/strict";
import { writeDocumentation } from "../../../src/assist/documenter.ts";
import { type CodeRegion, regionText } from "../../../src/assist/region.ts";
import { scriptedChat } from "../../fakes/scriptedChat.ts";
import { createSyntax } from "../syntax/syntax.ts";

describe("writeDocumentation", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  async function documented(languageId: string, before: string, code: string, comment: string) {
    const text = `${before}${code}\n`;
    const range = { start: before.length, end: before.length + code.length };
    const region: CodeRegion = { key: "file:///a", path: "a", languageId, text, range };
    const shown = { path: "a", languageId, text: regionText(region), startLine: 1, definitions: "" };
    const { model, requests } = scriptedChat([`\`\`\`\n${comment}\n${code}\n\`\`\``]);
    const result = await writeDocumentation(region, shown, model, syntax, new AbortController().signal);
    return { result, asked: requests.length };
  }

  it("takes no directive and no attribute for a comment that stands above already", async () => {
    for (const [languageId, above, code] of [
      ["c", "#include <stdio.h>\n", "int one(void) {\n  return 1;\n}"],
      ["rust", "#[inline]\n", "fn one() -> i32 {\n    1\n}"],
    ] as const) {
      const { result } = await documented(languageId, above, code, "/** One. */");
      assert.deepEqual(result, { kind: "written", text: `${above}/** One. */\n${code}\n` });
    }
    const { result } = await documented("python", "# One.\n", "def one():\n    return 1", "# One.");
    assert.deepEqual(result, { kind: "nothing", why: "there is a comment above already" });
  });

  it("asks no model where it could not tell comments from code", async () => {
    const { result, asked } = await documented("lua", "", "function one()\nend", "-- One.");
    assert.equal(result.kind, "nothing");
    assert.match(result.kind === "nothing" ? result.why : "", /no grammar/);
    assert.equal(asked, 0);
  });
});
