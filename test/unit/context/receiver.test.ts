import assert from "node:assert/strict";
import { receiverAt } from "../../../src/context/receiver.ts";

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
