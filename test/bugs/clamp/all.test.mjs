import assert from "node:assert/strict";
import { test } from "node:test";
import { clamp } from "./clamp.js";

test("keeps what lies between, and moves what lies outside to the nearer end", () => {
  assert.equal(clamp(5, 0, 10), 5);
  assert.equal(clamp(50, 0, 10), 10);
  assert.equal(clamp(-50, 0, 10), 0);
});
