/** A small GGUF file with one F32 tensor of 16 elements, written after ggml's docs/gguf.md. */
export function ggufFile(tokens: readonly string[], name = "Tiny"): Buffer {
  const header = Buffer.concat([
    Buffer.from("GGUF"),
    u32(3),
    u64(1),
    u64(5),
    text("general.architecture"),
    u32(8),
    text("llama"),
    text("general.name"),
    u32(8),
    text(name),
    text("llama.context_length"),
    u32(4),
    u32(4096),
    text("tokenizer.ggml.scores"),
    u32(9),
    u32(6),
    u64(3),
    Buffer.alloc(12),
    text("tokenizer.ggml.tokens"),
    u32(9),
    u32(8),
    u64(tokens.length),
    ...tokens.map(text),
    text("token_embd.weight"),
    u32(2),
    u64(4),
    u64(4),
    u32(0),
    u64(0),
  ]);
  const padding = Buffer.alloc((32 - (header.length % 32)) % 32);
  return Buffer.concat([header, padding, Buffer.alloc(64)]);
}

/** A GGUF file of texts and of F32 tensors full of zeros, given by their dimensions. */
export function ggufOf(
  texts: Readonly<Record<string, string>>,
  tensors: Readonly<Record<string, readonly number[]>>,
): Buffer {
  let bytes = 0;
  const table = Object.entries(tensors).map(([name, shape]) => {
    const entry = [text(name), u32(shape.length), ...shape.map(u64), u32(0), u64(bytes)];
    bytes += Math.ceil((4 * shape.reduce((product, size) => product * size, 1)) / 32) * 32;
    return Buffer.concat(entry);
  });
  const header = Buffer.concat([
    Buffer.from("GGUF"),
    u32(3),
    u64(table.length),
    u64(Object.keys(texts).length),
    ...Object.entries(texts).flatMap(([key, value]) => [text(key), u32(8), text(value)]),
    ...table,
  ]);
  return Buffer.concat([header, Buffer.alloc((32 - (header.length % 32)) % 32), Buffer.alloc(bytes)]);
}

export interface FixtureTensor {
  readonly shape: readonly number[];
  /** Number of ggml's tensor type. */
  readonly type: number;
  readonly data: Buffer;
}

/** A GGUF model of these tensors in this order, each at a multiple of `alignment`, which is written down unless it is 32. */
export function ggufWith(tensors: Readonly<Record<string, FixtureTensor>>, alignment = 32): Buffer {
  const padded = (buffer: Buffer): Buffer =>
    Buffer.concat([buffer, Buffer.alloc((alignment - (buffer.length % alignment)) % alignment)]);
  const data = Object.values(tensors).map((tensor) => padded(tensor.data));
  let offset = 0;
  const table = Object.entries(tensors).map(([name, { shape, type }], index) => {
    const entry = [text(name), u32(shape.length), ...shape.map(u64), u32(type), u64(offset)];
    offset += data[index]?.length ?? 0;
    return Buffer.concat(entry);
  });
  const isUsual = alignment === 32;
  const header = Buffer.concat([
    Buffer.from("GGUF"),
    u32(3),
    u64(table.length),
    u64(isUsual ? 1 : 2),
    text("general.architecture"),
    u32(8),
    text("llama"),
    ...(isUsual ? [] : [text("general.alignment"), u32(4), u32(alignment)]),
    ...table,
  ]);
  return Buffer.concat([padded(header), ...data]);
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}
