import assert from "node:assert/strict";
import fc from "fast-check";
import { JsonEnd } from "../../../src/engine/jsonEnd.ts";

describe("the end of a JSON answer", () => {
  it("is found however the text is cut, whatever its texts hold and whatever follows", () => {
    const value = fc.oneof(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.array(fc.jsonValue(), { maxLength: 4 }),
      fc.record({ odd: fc.constantFrom('}{"\\', '[\\"]', "\\") }),
    );
    const tail = fc.constantFrom("", "\n\n\n\n", " }", '{"a": 1}');
    fc.assert(
      fc.property(value, tail, fc.integer({ min: 1, max: 7 }), fc.boolean(), (json, rest, size, isWide) => {
        const text = JSON.stringify(json, null, isWide ? 2 : 0);
        const whole = text + rest;
        const end = new JsonEnd();
        let told = "";
        for (let at = 0; at < whole.length && !end.isComplete; at += size) {
          const piece = whole.slice(at, at + size);
          told += piece.slice(0, end.push(piece));
        }
        assert.equal(told, text);
        assert.ok(end.isComplete);
      }),
    );
  });

  it("is not in a bare value", () => {
    const end = new JsonEnd();
    assert.equal(end.push('"a}" 12'), 7);
    assert.ok(!end.isComplete);
  });
});
