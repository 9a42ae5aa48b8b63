import assert from "node:assert/strict";
import { guided } from "../../../src/completion/healing.ts";
import type { FimRequest } from "../../../src/model/modelClient.ts";

const request = (prefix: string): FimRequest => ({
  context: [],
  path: "a.ts",
  prefix,
  suffix: "",
  maxTokens: 8,
  temperature: 0,
  candidates: 1,
  stop: [],
});
const offered = (typed: string, ...names: string[]) => ({
  members: { owner: "Client", members: names.map((name) => ({ name })), isComplete: true },
  typed,
  source: "language server",
});

describe("answers that are held to members", () => {
  it("begin with the dot, so that the name's first token is the usual one", () => {
    const { prompt, lead } = guided(request("await client.li"), offered("li", "list", "links", "call")) ?? {};
    assert.equal(prompt?.prefix, "await client");
    assert.equal(lead, ".li");
    assert.deepEqual(prompt?.beginsWith, [".list", ".links"]);
  });

  it("cut one colon of two", () => {
    const { prompt, lead } = guided(request("a::"), offered("", "new")) ?? {};
    assert.deepEqual([prompt?.prefix, lead, prompt?.beginsWith], ["a:", ":", [":new"]]);
  });

  it("are not, where no member goes on with what is typed or the prompt shows something else", () => {
    assert.equal(guided(request("client.xy"), offered("xy", "list")), undefined);
    assert.equal(guided(request("client.REDACTED"), offered("li", "list")), undefined);
  });
});
