import assert from "node:assert/strict";
import fc from "fast-check";
import { terminalText } from "../../../src/chat/terminalText.ts";

describe("terminalText", () => {
  it("keeps lines as they are, without the end that would run the last", () => {
    const block = "# in the sources\r\ncd src\n\ncat <<'END' > a.txt\n  one\n\ttwo\nEND\n\n";
    assert.equal(terminalText(block), "# in the sources\ncd src\n\ncat <<'END' > a.txt\n  one\n\ttwo\nEND");
    assert.equal(terminalText("\n  \n  ls -l  \n"), "  ls -l");
  });

  it("takes out what a shell would act on", () => {
    assert.equal(terminalText("echo safe\u000f; rm -rf \u001b[201~x\u0000"), "echo safe; rm -rf [201~x");
  });

  it("never leaves a control character but the tab and the line feed, nor an end of the last line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (code) => {
        const text = terminalText(code);
        assert.doesNotMatch(text, /(?![\t\n])\p{Cc}/u);
        assert.doesNotMatch(text, /[\n\u2028\u2029]$/);
      }),
    );
  });
});
