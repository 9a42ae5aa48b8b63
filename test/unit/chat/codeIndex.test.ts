import assert from "node:assert/strict";
import { CodeIndex, chunksOf, codeWords } from "../../../src/chat/codeIndex.ts";

const file = `import { x } from "y";

export function parseAddress(text: string): Address {
  const parts = text.split(",");
  return { street: parts[0], town: parts[1] };
}

export function formatAddress(address: Address): string {
  return address.street + ", " + address.town;
}
`;

describe("CodeIndex", () => {
  it("finds a function by what it is called and what it does", () => {
    const index = new CodeIndex();
    index.put("src/address.ts", file);
    index.put("src/mail.ts", "export function sendMail(to: string): void {\n  connect(to);\n}\n");
    assert.equal(index.find("where is an address parsed?", 3)[0]?.path, "src/address.ts");
    assert.match(index.find("parse address", 1)[0]?.text ?? "", /parseAddress/);
    assert.equal(index.find("send mail", 1)[0]?.path, "src/mail.ts");
  });

  it("forgets what was replaced or removed", () => {
    const index = new CodeIndex();
    index.put("a.ts", "function first() {}\n");
    index.put("a.ts", "function second() {}\n");
    assert.deepEqual(
      index.find("first", 3).map((found) => found.path),
      [],
    );
    assert.equal(index.find("second", 3).length, 1);
    index.remove("a.ts");
    assert.equal(index.size, 0);
    assert.deepEqual(index.find("second", 3), []);
  });

  it("gives at most two places of one file", () => {
    const index = new CodeIndex();
    const many = Array.from(
      { length: 8 },
      (_, n) => `function handle${n}() {\n  // request\n  a();\n  b();\n}\n`,
    ).join("\n");
    index.put("many.ts", many);
    assert.equal(index.find("handle request", 5).length, 2);
  });
});

describe("chunksOf", () => {
  it("covers every line that is not blank, once, with true line numbers", () => {
    const lines = file.split("\n");
    const seen = new Set<number>();
    for (const chunk of chunksOf("a.ts", file)) {
      assert.deepEqual(chunk.text.split("\n"), lines.slice(chunk.startLine - 1, chunk.endLine));
      for (let line = chunk.startLine; line <= chunk.endLine; line++) {
        assert.ok(!seen.has(line), `line ${line} twice`);
        seen.add(line);
      }
    }
    lines.forEach((line, index) => {
      assert.ok(line.trim() === "" || seen.has(index + 1), `line ${index + 1} lost`);
    });
  });

  it("cuts what has no structure by length", () => {
    assert.ok(chunksOf("data.txt", "x\n".repeat(500)).length > 10);
  });
});

describe("codeWords", () => {
  it("takes a sentence without spaces apart, beside code", () => {
    assert.deepEqual(codeWords("解析地址 parseUrl"), ["解析", "地址", "parseUrl", "parse", "Url"]);
    assert.ok(codeWords("この関数は住所を解析します。".repeat(20)).includes("住所"));
    const index = new CodeIndex();
    index.put("a.ts", "// 这个函数负责解析用户的地址\nexport const a = 1;\n");
    index.put("b.ts", "// 发送电子邮件给客户\nexport const b = 1;\n");
    assert.deepEqual(
      index.find("地址在哪里解析？", 3).map(({ path }) => path),
      ["a.ts"],
    );
  });

  it("keeps the marks of a word with it", () => {
    assert.deepEqual(codeWords("सूची का"), ["सूची", "का"]);
  });

  it("gives identifiers whole and in parts", () => {
    assert.deepEqual(codeWords("parseHTTPUrl snake_case"), [
      "parseHTTPUrl",
      "parse",
      "HTTP",
      "Url",
      "snake_case",
      "snake",
      "case",
    ]);
  });
});
