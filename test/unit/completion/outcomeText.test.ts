import assert from "node:assert/strict";
import { outcomeText, whyNothingText } from "../../../src/completion/outcomeText.ts";

describe("why nothing is to be seen at the cursor", () => {
  const shown = { kind: "shown", source: "typed-through", text: ", minutes" } as const;
  const silent = { kind: "silent", reason: "after-paste" } as const;

  it("is never just that a suggestion was shown", () => {
    assert.match(whyNothingText(shown, true), /^Shown: .*\. If you see nothing, the editor has put it away/);
    assert.match(
      whyNothingText(shown, false),
      /^There is a suggestion for this place, but the editor has not asked/,
    );
  });

  it("is the reason of the silence, whoever asked", () => {
    assert.equal(whyNothingText(silent, true), outcomeText(silent));
    assert.equal(whyNothingText(silent, false), outcomeText(silent));
  });
});
