import assert from "node:assert/strict";
import { leavesBlock } from "../../../src/completion/multilinePolicy.ts";

describe("a statement that leaves its block", () => {
  for (const [line, languageId] of [
    ["  return total;", "typescript"],
    ["    throw new Error(`no name`);", "javascript"],
    ["break;", "c"],
    ["    return total", "python"],
    ["\treturn total, nil", "go"],
    ["    raise ValueError('no readings')", "python"],
  ] as const)
    it(`is one: ${line}`, () => assert.ok(leavesBlock(line, languageId)));

  for (const [line, languageId] of [
    ["  return items", "typescript"],
    ["  return new Promise((resolve) => {", "typescript"],
    ["  return total(", "python"],
    ["  return total if", "python"],
    ['  return """', "python"],
    ["break: yes", "yaml"],
    ["  returned(total);", "typescript"],
    ["  if (done) return;", "typescript"],
    ["  return nil if done", "ruby"],
  ] as const)
    it(`is none, or goes on: ${line}`, () => assert.ok(!leavesBlock(line, languageId)));
});
