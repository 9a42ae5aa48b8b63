import assert from "node:assert/strict";
import { clamp } from "./clamp.js";

assert.equal(clamp(5, 0, 10), 5);
assert.equal(clamp(50, 0, 10), 10);
