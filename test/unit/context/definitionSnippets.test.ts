import assert from "node:assert/strict";
import { DefinitionSnippets } from "../../../src/context/definitionSnippets.ts";
import { familyOf } from "../../../src/context/languageFamily.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { indexOf, queryAt } from "./fakeWorkspace.ts";

const syntax = createSyntax();

describe("definitions as context", () => {
  after(() => syntax.dispose());

  const texts = {
    "src/mail.ts":
      "export function send(to: Address): void {\n  deliver(to);\n}\nexport interface Address { street: string; zip: string }",
    "other/mail.ts": "export function send(n: number): void {}",
    "src/unused.ts": "export function unused(): void {}",
  };

  async function found(code: string, mayShare?: (path: string) => boolean) {
    const { index, own } = indexOf(syntax, texts);
    const query = { ...queryAt("src/a.ts", "typescript", code), ...(mayShare && { mayShare }) };
    const family = familyOf("typescript");
    assert.ok(family);
    await index.filled(family, query.path);
    const snippets = await new DefinitionSnippets(index, own).snippets(query);
    index.dispose();
    return snippets;
  }

  it("gives signatures and members of what the code near the cursor imports and uses, nothing else", async () => {
    const snippets = await found(
      'import { send, type Address } from "./mail";\nfunction f(home: Address) {\n  send(‸\n}\n',
    );
    assert.deepEqual(
      snippets.map(({ path, text }) => ({ path, text })),
      [
        { path: "src/mail.ts", text: "export function send(to: Address): void" },
        { path: "src/mail.ts", text: "export interface Address\n  street: string\n  zip: string" },
      ],
    );
  });

  it("asks whether a file may be shared", async () => {
    const code = 'import { send } from "./mail";\nsend(‸)\n';
    assert.equal((await found(code)).length, 1);
    assert.deepEqual(await found(code, (path) => path !== "src/mail.ts"), []);
  });
});
