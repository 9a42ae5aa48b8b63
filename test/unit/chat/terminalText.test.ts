import assert from "node:assert/strict";
import fc from "fast-check";
import { terminalText } from "../../../src/chat/terminalText.ts";

describe("terminalText", () => {
  it("joins lines so that none of them runs", () => {
    assert.equal(terminalText("cd src\r\n  ls -l\n"), "cd src && ls -l");
  });

  it("takes out what a shell would act on", () => {
    assert.equal(terminalText("echo safe\u000f; rm -rf \u001b[201~x\u0085"), "echo safe; rm -rf [201~x");
  });

  it("never leaves a control character but the tab", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (code) => {
        assert.doesNotMatch(terminalText(code), /(?!\t)\p{Cc}/u);
      }),
    );
  });
});
