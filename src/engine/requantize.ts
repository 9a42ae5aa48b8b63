/**
 * Weights of the types Q5_0 and Q6_K as weights of the type Q8_0. The types are those of ggml (ggml-org/ggml,
 * src/ggml-quants.c): a block of Q5_0 or Q8_0 is a scale of 16 bits with 32 weights (22 and 34 bytes), one of Q6_K has 256
 * weights (210 bytes). What is rounded is rounded as by `dequantize_row_q6_K` and `quantize_row_q8_0_ref`, to the bit.
 */

/**
 * Exact: a weight of 5 bits is one of 8 bits on the same scale.
 * @param blocks whole blocks of Q5_0.
 * @param wide takes 34 bytes for each of them.
 */
export function widenQ5_0(blocks: Uint8Array, wide: Uint8Array): void {
  for (let at = 0, to = 0; at < blocks.length; at += 22, to += 34) {
    wide[to] = byteAt(blocks, at);
    wide[to + 1] = byteAt(blocks, at + 1);
    const high =
      byteAt(blocks, at + 2) |
      (byteAt(blocks, at + 3) << 8) |
      (byteAt(blocks, at + 4) << 16) |
      (byteAt(blocks, at + 5) << 24);
    for (let index = 0; index < 16; index++) {
      const low = byteAt(blocks, at + 6 + index);
      wide[to + 2 + index] = ((low & 15) | (((high >>> index) & 1) << 4)) - 16;
      wide[to + 18 + index] = ((low >>> 4) | (((high >>> (16 + index)) & 1) << 4)) - 16;
    }
  }
}

/**
 * @param blocks whole blocks of Q6_K.
 * @param values takes 256 numbers for each block.
 */
export function dequantizeQ6_K(blocks: Uint8Array, values: Float32Array): void {
  const halves = halfValues();
  for (let at = 0, to = 0; at < blocks.length; at += 210, to += 256) {
    const scale = numberAt(halves, byteAt(blocks, at + 208) | (byteAt(blocks, at + 209) << 8));
    for (let half = 0; half < 2; half++) {
      const lows = at + 64 * half;
      const highs = at + 128 + 32 * half;
      const scales = at + 192 + 8 * half;
      const first = to + 128 * half;
      for (let index = 0; index < 32; index++) {
        const group = scales + (index >> 4);
        const high = byteAt(blocks, highs + index);
        const left = byteAt(blocks, lows + index);
        const right = byteAt(blocks, lows + 32 + index);
        const value = first + index;
        values[value] = scale * signedAt(blocks, group) * (((left & 15) | ((high & 3) << 4)) - 32);
        values[value + 32] =
          scale * signedAt(blocks, group + 2) * (((right & 15) | (((high >> 2) & 3) << 4)) - 32);
        values[value + 64] =
          scale * signedAt(blocks, group + 4) * (((left >> 4) | (((high >> 4) & 3) << 4)) - 32);
        values[value + 96] = scale * signedAt(blocks, group + 6) * (((right >> 4) | ((high >> 6) << 4)) - 32);
      }
    }
  }
}

/**
 * @param values a multiple of 32 of them.
 * @param blocks takes 34 bytes for each 32 values.
 */
export function quantizeQ8_0(values: Float32Array, blocks: Uint8Array): void {
  // Signs and sizes are taken from the bits: a processor guesses half the branches on them wrong.
  const valueBits = new Int32Array(values.buffer, values.byteOffset, values.length);
  for (let from = 0, at = 0; from < values.length; from += 32, at += 34) {
    let most = 0;
    for (let index = from; index < from + 32; index++) {
      const more = ((valueBits[index] as number) & 0x7fffffff) - most;
      most += more & ~(more >> 31);
    }
    numberBits[0] = most;
    const scale = Math.fround(numberAt(number, 0) / 127);
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    const bits = halfBits(scale);
    blocks[at] = bits & 255;
    blocks[at + 1] = bits >> 8;
    for (let index = 0; index < 32; index++) {
      const size = Math.fround(Math.abs(numberAt(values, from + index)) * inverse);
      // As roundf does: halves go away from zero.
      const rounded = (size + 0.5) | 0;
      const sign = (valueBits[from + index] as number) >> 31;
      blocks[at + 2 + index] = (rounded ^ sign) - sign;
    }
  }
}

const number = new Float32Array(1);
const numberBits = new Uint32Array(number.buffer);

/** Bits of the nearest number of 16 bits, of two that are as near the even one. */
export function halfBits(value: number): number {
  number[0] = value;
  const bits = numberBits[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // From halfway between the largest number and the one that would follow.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rebased = magnitude - 0x38000000;
    return sign | ((rebased + 0xfff + ((rebased >> 13) & 1)) >> 13);
  }
  // Below the least normal number the bits count multiples of 2^-24.
  const count = Math.abs(number[0] as number) * 2 ** 24;
  const whole = Math.floor(count);
  const rest = count - whole;
  return sign | (rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole);
}

let knownHalves: Float32Array | undefined;

/** Values of all numbers of 16 bits (IEEE 754 binary16), by their bits. */
export function halfValues(): Float32Array {
  knownHalves ??= new Float32Array(65_536).map((_, bits) => {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const sign = bits & 0x8000 ? -1 : 1;
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
  });
  return knownHalves;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function signedAt(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 24) >> 24;
}

function numberAt(values: Float32Array, at: number): number {
  return values[at] as number;
}
