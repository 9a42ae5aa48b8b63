import assert from "node:assert/strict";
import fc from "fast-check";
import { answerSituation } from "../../../src/completion/answerSituation.ts";
import { scanBrackets } from "../../../src/completion/brackets.ts";
import { continuationOf, placeOf } from "../../../src/completion/continuation.ts";
import { Debouncer } from "../../../src/completion/debouncer.ts";
import { digest } from "../../../src/completion/digest.ts";
import { withLineEnds } from "../../../src/completion/postprocess.ts";
import { calmGate } from "../../../src/completion/triggerFilter.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import { defaultSettings, documentAt, queryAt } from "./pipelineBench.ts";

const codeText = fc
  .array(fc.constantFrom("foo", "(", ")", "[", "]", "{", "}", " ", ";", "\n  ", "🎉", "a.b", '"'), {
    maxLength: 25,
  })
  .map((parts) => parts.join(""));
const shown = (code: string, raw: string) => {
  const situation = answerSituation(documentAt(code), defaultSettings, "automatic");
  const { result } = digest(raw, [], situation, 0);
  return typeof result === "string" ? result : "";
};

describe("postprocess", () => {
  it("never leaves a closer unmatched before the closers of the line", () => {
    fc.assert(
      fc.property(codeText, fc.constantFrom(")", ");", "])", "}"), (raw, right) => {
        const text = shown(`call(${right === "])" ? "[" : right === "}" ? "{" : ""}⟦⟧${right}\n`, raw);
        if (text === "" || raw.includes('"')) return;
        assert.ok(!text.includes("\n"));
        const all = scanBrackets(text + right, "typescript").unmatched.length;
        assert.ok(all <= scanBrackets(right, "typescript").unmatched.length, JSON.stringify([text, right]));
      }),
    );
  });

  it("keeps surrogate pairs whole and lines without trailing blanks", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (raw) => {
        const text = shown("// Something that comes next.\n⟦⟧\n", raw);
        assert.ok(text.isWellFormed());
        assert.doesNotMatch(text, /[ \t]$/m);
      }),
    );
  });

  it("writes the document's line ends only", () => {
    fc.assert(
      fc.property(codeText, (raw) => {
        assert.doesNotMatch(withLineEnds(raw, "\r\n"), /(?<!\r)\n/);
      }),
    );
  });
});

describe("continuationOf", () => {
  it("finds every place within a text", () => {
    fc.assert(
      fc.property(codeText, codeText, codeText, fc.nat(), (before, text, after, seed) => {
        const typed = text.length === 0 ? 0 : seed % text.length;
        const start = placeOf({ uri: "a", prefix: before, suffix: after });
        const now = placeOf({ uri: "a", prefix: before + text.slice(0, typed), suffix: after });
        assert.deepEqual(continuationOf(start, text, now), { typed, replaceRight: 0 });
      }),
    );
  });
});

describe("gates", () => {
  const cases: readonly [string, string | undefined][] = [
    ["const value = f(⟦⟧);\n", undefined],
    ["const value = ⟦⟧other;\n", "middle-of-line"],
    ["let socket = connect(⟦⟧).await?;\n", undefined],
    ['const name = get("⟦⟧") || other;\n', undefined],
    ['const name = ⟦⟧"fixed" + other;\n', "middle-of-line"],
    ["const value = a ⟦⟧> other;\n", "middle-of-line"],
    ["⟦⟧", "too-little-context"],
    ["const value = 1; // the⟦⟧\n", "in-comment"],
    ['const value = "http://the⟦⟧"\n', undefined],
    ["/* the long comment\n here⟦⟧\n", "in-comment"],
  ];
  for (const [code, expected] of cases) {
    it(`${JSON.stringify(code)}: ${expected ?? "goes on"}`, () => {
      assert.equal(calmGate(queryAt(documentAt(code)), { ...defaultSettings, inComments: false }), expected);
    });
  }

  it("looks once at hundreds of blanks right of the cursor", () => {
    const started = performance.now();
    const code = `const value = ⟦⟧${" ".repeat(1_500)}other;\n`;
    assert.equal(calmGate(queryAt(documentAt(code)), defaultSettings), "middle-of-line");
    assert.equal(calmGate(queryAt(documentAt(code.replace("other;", ");"))), defaultSettings), undefined);
    assert.ok(performance.now() - started < 1_000);
  });

  it("keeps strings quiet by the setting", () => {
    const reason = (code: string, languageId = "lua") =>
      calmGate(queryAt(documentAt(code, { languageId })), { ...defaultSettings, inStrings: false });
    assert.equal(reason('local value = "the⟦⟧"\n'), "in-string");
    assert.equal(reason('local value = "a \\" b⟦⟧"\n'), "in-string");
    assert.equal(reason('local value = "a" .. ⟦⟧\n'), undefined);
    assert.equal(reason("It is the cat's⟦⟧\n", "markdown"), undefined);
  });
});

describe("Debouncer", () => {
  const bounds = { minMs: 75, maxMs: 400 };
  it("waits longer for a slow typist and after dismissals, within the bounds", () => {
    const wait = (interval: number, rejects: number) => {
      const clock = new FakeClock();
      const debouncer = new Debouncer(clock);
      for (let key = 0; key < 30; key++) {
        clock.advance(interval);
        debouncer.keystroke();
      }
      for (let times = 0; times < rejects; times++) debouncer.rejected();
      return debouncer.waitMs({ lineLeft: "x = ", bounds });
    };
    assert.ok(wait(200, 0) > wait(80, 0));
    assert.ok(wait(80, 3) > wait(80, 0));
    assert.ok(wait(900, 9) <= 350);
  });
});
