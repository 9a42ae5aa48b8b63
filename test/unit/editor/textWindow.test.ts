import assert from "node:assert/strict";
import fc from "fast-check";
import { type LineSource, windowAfter, windowBefore } from "../../../src/editor/textWindow.ts";

function source(text: string): LineSource & { readonly asked: Set<number> } {
  const lines = text.split("\n");
  const asked = new Set<number>();
  return {
    asked,
    lineCount: lines.length,
    line: (index) => {
      asked.add(index);
      return lines[index] ?? assert.fail(`line ${index} was asked for`);
    },
  };
}

const text = fc.array(
  fc.string({ unit: "grapheme", maxLength: 12 }).map((line) => line.replaceAll("\n", "")),
  { minLength: 1 },
);

/** A cursor never stands inside a surrogate pair. */
function boundary(line: string, at: number): number {
  const characters = [...line];
  return characters.slice(0, at % (characters.length + 1)).join("").length;
}

describe("text windows", () => {
  it("are the text on both sides of the cursor, cut by no more than the limit asks", () => {
    fc.assert(
      fc.property(
        text,
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 60 }),
        (lines, atLine, atCharacter, limit) => {
          const line = atLine % lines.length;
          const character = boundary(lines[line] ?? "", atCharacter);
          const whole = lines.join("\n");
          const offset = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0) + character;
          const before = windowBefore(source(whole), line, character, limit);
          const after = windowAfter(source(whole), line, character, limit);
          assert.ok(whole.slice(0, offset).endsWith(before.text));
          assert.ok(whole.slice(offset).startsWith(after.text));
          assert.ok(before.text.length <= limit && after.text.length <= limit);
          assert.equal(before.cut, before.text.length < offset);
          assert.equal(after.cut, after.text.length < whole.length - offset);
          const startsLine = before.text.length === offset || whole[offset - before.text.length - 1] === "\n";
          assert.ok(before.text.isWellFormed() && after.text.isWellFormed());
          assert.ok(
            startsLine || character > limit,
            "starts at a line start unless the line itself is too long",
          );
        },
      ),
    );
  });

  it("reads only the lines near the cursor of a large document", () => {
    const large = source(Array.from({ length: 100_000 }, () => "x".repeat(99)).join("\n"));
    windowBefore(large, 50_000, 10, 48_000);
    windowAfter(large, 50_000, 10, 12_000);
    assert.ok(large.asked.size < 700, `${large.asked.size} lines were read`);
  });
});
