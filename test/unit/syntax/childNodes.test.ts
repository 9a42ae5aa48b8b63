import assert from "node:assert/strict";
import { childrenOf, namedChildrenOf } from "../../../src/syntax/childNodes.ts";
import type { Node } from "../../../src/syntax/treeSitter.ts";

describe("child nodes", () => {
  it("are those that are there, where the parser's library leaves a hole in its list", () => {
    const there = { type: "identifier" } as Node;
    const node = { children: [there, null], namedChildren: [null, there] } as unknown as Node;
    assert.deepEqual(childrenOf(node), [there]);
    assert.deepEqual(namedChildrenOf(node), [there]);
  });
});
