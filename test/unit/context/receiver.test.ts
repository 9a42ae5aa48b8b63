import assert from "node:assert/strict";
import { constructionAt, importAt, receiverAt } from "../../../src/context/receiver.ts";

describe("what stands left of the cursor", () => {
  const receivers: readonly (readonly [string, string | undefined, string?])[] = [
    ["await client.", "client", ""],
    ["  return client.li", "client", "li"],
    ["this.scenario.getMcpClient().", "this.scenario.getMcpClient()", ""],
    ["server[kController].se", "server[kController]", "se"],
    ["a?.b!.c", "a?.b", "c"],
    ["tool_traits::", "tool_traits", ""],
    ["make<Thing>(x, f(y)).", "make<Thing>(x, f(y))", ""],
    ["cs->", "cs", ""],
    ["client", undefined],
    ["1.", undefined],
    ["(a + b).", undefined],
    ['"text".', undefined],
    ["", undefined],
  ];
  for (const [left, text, typed] of receivers) {
    it(`is ${text ?? "no receiver"} in ${left}`, () => {
      const receiver = receiverAt(left);
      assert.equal(receiver?.text.replace(/!$/, ""), text);
      if (text !== undefined) assert.equal(receiver?.typed, typed);
    });
  }
});

describe("the class of an object that is being made", () => {
  const places: readonly (readonly [string, string, string | undefined])[] = [
    ["const a = new ", "typescript", ""],
    ["return new Par", "java", "Par"],
    ["foo(new P", "csharp", "P"],
    ["new ", "javascript", ""],
    ["const a = new", "typescript", undefined],
    ["renew ", "typescript", undefined],
    ["a.new ", "typescript", undefined],
    ["x = new ", "python", undefined],
    ["new Map<string, ", "typescript", undefined],
  ];
  for (const [left, languageId, typed] of places) {
    it(`${typed === undefined ? "is not due" : "is due"} in ${JSON.stringify(left)}, ${languageId}`, () => {
      const receiver = constructionAt(left, languageId);
      assert.deepEqual(
        [receiver?.typed, receiver?.separator],
        [typed, typed === undefined ? undefined : "new"],
      );
    });
  }
});

describe("an import whose names are being written", () => {
  const typed = (left: string, right: string, languageId: string): string | undefined =>
    importAt(left, right, languageId)?.typed;

  it("tells the module and what is typed of the last name", () => {
    assert.equal(typed("import { ", ' } from "./a";', "typescript"), "");
    assert.equal(typed("import type { One, Tw", ' } from "./a";', "typescript"), "Tw");
    assert.equal(importAt("from a.b import c, d", "", "python")?.module, "a.b");
    assert.equal(typed("from a import (b, ", "", "python"), "");
    assert.equal(typed("from a import b as c", "", "python"), undefined);
    assert.equal(typed("import { one", "", "typescript"), undefined);
    assert.equal(typed("from a import b", "", "ruby"), undefined);
  });

  it("is looked at once, however many names it has", () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `name${index}`).join(", ");
    const started = performance.now();
    assert.equal(typed(`import { ${names} } from "x";`, "", "typescript"), undefined);
    assert.equal(typed(`from x import ${names} #`, "", "python"), undefined);
    assert.equal(typed(`from x import ${names}`, "", "python"), "name1999");
    assert.ok(performance.now() - started < 2_000);
  });
});
