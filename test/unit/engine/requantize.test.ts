import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  dequantizeQ6_K,
  halfBits,
  halfValues,
  quantizeQ8_0,
  widenQ5_0,
} from "../../../src/engine/requantize.ts";

/** The same bytes in every run, with scales (at `scaleAt`, 16 bits) that are finite. */
function pattern(count: number, blockBytes: number, scaleAt: number): Uint8Array {
  const bytes = new Uint8Array(count * blockBytes);
  let state = 12_345;
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    bytes[at] = state >> 16;
  }
  for (let at = scaleAt + 1; at < bytes.length; at += blockBytes)
    bytes[at] = ((bytes[at] ?? 0) & 0x83) | 0x20;
  return bytes;
}

function quantized(values: Float32Array): Uint8Array {
  const blocks = new Uint8Array((values.length / 32) * 34);
  quantizeQ8_0(values, blocks);
  return blocks;
}

function digest(data: Float32Array | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function half(blocks: Uint8Array, at: number): number {
  return halfValues()[(blocks[at] ?? 0) | ((blocks[at + 1] ?? 0) << 8)] ?? Number.NaN;
}

describe("requantizing", () => {
  it("keeps scale and weights of a block of Q5_0", () => {
    const lows = Array.from({ length: 16 }, (_, index) => 16 * (15 - index) + index);
    const wide = new Uint8Array(34);
    widenQ5_0(Uint8Array.from([0x00, 0x3c, 0x0f, 0, 0, 0x80, ...lows]), wide);
    const first = [0, 1, 2, 3, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1];
    const second = [-1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12, -13, -14, -15, 0];
    assert.deepEqual([...wide.subarray(0, 2)], [0x00, 0x3c]);
    assert.deepEqual([...new Int8Array(wide.buffer, 2)], [...first, ...second]);
  });

  // Golden values of `gguf.quants` of the Python package gguf, over the same bytes.
  it("holds the reference's values of Q5_0 in Q8_0", () => {
    const wide = new Uint8Array(64 * 34);
    widenQ5_0(pattern(64, 22, 0), wide);
    const weights = new Int8Array(wide.buffer);
    const values = new Float32Array(64 * 32);
    for (const index of values.keys()) {
      const at = Math.floor(index / 32) * 34;
      values[index] = half(wide, at) * (weights[at + 2 + (index % 32)] ?? Number.NaN) + 0;
    }
    assert.equal(digest(values), "60c708166d43e6ddb54ac4aa97c4336afbf5e8e108e78c30cbface206d83249d");
  });

  it("has the reference's values of Q6_K, and its Q8_0 of them", () => {
    const values = new Float32Array(64 * 256);
    dequantizeQ6_K(pattern(64, 210, 208), values);
    // The reference's digest knows no negative zero.
    const plain = values.map((value) => value + 0);
    assert.equal(digest(plain), "1f28ee99908b7e45c43541c2d35e43b42bd1c27119f505fe27b2431fe6c1d346");
    const wanted = "a39b9b1e5119649400889c99b96ec1b3747b44be594765b02dbd2c55cb056e02";
    assert.equal(digest(quantized(values)), wanted);
  });

  it("rounds halves away from zero, and leaves zeros", () => {
    const values = new Float32Array(32);
    assert.deepEqual(quantized(values), new Uint8Array(34));
    values.set([127, 0.5, -0.5, 1.5, -1.5, 0.49999997, -0.49999997, -127]);
    assert.deepEqual([...new Int8Array(quantized(values).buffer, 2, 9)], [127, 1, -1, 2, -2, 0, 0, -127, 0]);
  });

  it("knows every number of 16 bits, and the nearest one to any other", () => {
    const values = halfValues();
    for (const [bits, value] of values.entries())
      if (!Number.isNaN(value)) assert.equal(halfBits(value), bits, String(value));
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low = 0, high = 0] = [values[bits], values[bits + 1]];
      const middle = (low + high) / 2;
      assert.equal(halfBits(middle), bits % 2 === 0 ? bits : bits + 1);
      assert.equal(halfBits(middle - (high - low) / 100), bits);
      assert.equal(halfBits(-(middle + (high - low) / 100)), 0x8000 | (bits + 1));
    }
    assert.equal(halfBits(65_519), 0x7bff);
    assert.equal(halfBits(65_520), 0x7c00);
    assert.equal(halfBits(Number.NaN) & 0x7fff, 0x7e00);
  });
});
