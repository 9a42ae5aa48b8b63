import { type FileHandle, open } from "node:fs/promises";
import { fimPrefixTokens } from "./fimPrefixTokens.ts";
import { tensorBytes } from "./ggufTensorTypes.ts";
import { fileError, ModelStoreError } from "./modelStoreError.ts";

/** What the start of a GGUF file tells without loading the model. */
export interface GgufHeader {
  readonly version: number;
  /** "model", or "adapter" for what changes a model. */
  readonly type: string;
  readonly architecture: string;
  readonly name?: string;
  /** Longest context of the training, in tokens. */
  readonly contextLength?: number;
  /** Whether the vocabulary has tokens for filling in the middle. */
  readonly hasFim: boolean;
  readonly tensorCount: number;
  readonly fileBytes: number;
}

/** A tensor as the table of a GGUF file tells of it. */
export interface GgufTensor {
  /** The one that lies together in memory first. */
  readonly dimensions: readonly number[];
  /** Number of ggml's tensor type. */
  readonly type: number;
  /** Where its data begin, in bytes from the beginning of the tensors' data. */
  readonly offset: number;
  /** Of its data; undefined for a type that is not known here. */
  readonly bytes: number | undefined;
  /** Where in the file its type stands, a u32 with the offset as a u64 behind it. */
  readonly typeAt: number;
}

/** A header with the table of tensors. */
export interface GgufContents {
  readonly header: GgufHeader;
  /** By name, in the order of the table. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Where the table of tensors begins and ends in the file, and where the tensors' data begin, in bytes. */
  readonly places: { readonly tableStart: number; readonly tableEnd: number; readonly dataStart: number };
  /** Offsets of tensors are multiples of so many bytes. */
  readonly alignment: number;
  /** Texts of the metadata in the groups `general` and `adapter`. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Values of `gguf_metadata_value_type` in the GGUF specification (ggml-org/ggml, docs/gguf.md). */
const stringType = 8;
const arrayType = 9;
const scalarBytes: Readonly<Record<number, number>> = {
  0: 1, // uint8
  1: 1, // int8
  2: 2, // uint16
  3: 2, // int16
  4: 4, // uint32
  5: 4, // int32
  6: 4, // float32
  7: 1, // bool
  10: 8, // uint64
  11: 8, // int64
  12: 8, // float64
};

const maxStringBytes = 64 * 1024 * 1024;
const maxCount = 100_000_000;

/**
 * Reads the header of a model's GGUF file.
 * @throws {ModelStoreError} `bad-gguf` when the file is something else or ends before its last tensor does.
 */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  return (await readGgufModel(path)).header;
}

/**
 * The same with the metadata and the table of tensors.
 * @throws {ModelStoreError} `bad-gguf`
 */
export async function readGgufModel(path: string): Promise<GgufContents> {
  const contents = await readGguf(path);
  const { header } = contents;
  if (header.type === "model") return contents;
  throw new ModelStoreError(
    "bad-gguf",
    `${path} holds no model but ${header.type === "adapter" ? "an adapter" : `a file of the type ${header.type}`}.`,
    header.type === "adapter" ? "Put it to use with “Wisp: Use Adapter…”." : "Choose a model's file.",
  );
}

/**
 * Reads the header, the metadata and the table of tensors of a GGUF file of version 2 or 3, of any type.
 * @throws {ModelStoreError} `bad-gguf` when the file is something else or ends before its last tensor does.
 */
export async function readGguf(path: string): Promise<GgufContents> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    throw fileError(error, path);
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw notGguf(path, "it is not a file");
    return await new HeaderReader(handle, path, stat.size).read();
  } catch (error) {
    throw fileError(error, path);
  } finally {
    await handle.close();
  }
}

class HeaderReader {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #fileBytes: number;
  /** Bytes of the file from `#bufferStart` on. */
  #buffer = Buffer.alloc(0);
  #bufferStart = 0;
  #at = 0;

  constructor(handle: FileHandle, path: string, fileBytes: number) {
    this.#handle = handle;
    this.#path = path;
    this.#fileBytes = fileBytes;
  }

  async read(): Promise<GgufContents> {
    if (this.#fileBytes < 4 || (await this.#take(4)).toString("latin1") !== "GGUF") {
      throw notGguf(this.#path, "it does not start with the letters GGUF");
    }
    const version = (await this.#take(4)).readUInt32LE();
    if (version < 2 || version > 3) throw notGguf(this.#path, `its GGUF version ${version} is not known`);
    const tensorCount = await this.#count();
    const metadata = await this.#metadata(await this.#count());
    const tableStart = this.#at;
    const tensors = new Map<string, GgufTensor>();
    const tensorsEnd = await this.#tensorsEnd(tensorCount, tensors);
    const tableEnd = this.#at;
    const alignment = Number(metadata.values.get("general.alignment") ?? 32);
    if (!(alignment > 0)) throw notGguf(this.#path, "its metadata is damaged");
    const dataStart = Math.ceil(tableEnd / alignment) * alignment;
    if (tensorCount > 0 && this.#fileBytes < dataStart + tensorsEnd) throw this.#cutOff();
    const architecture = metadata.values.get("general.architecture");
    if (typeof architecture !== "string") throw notGguf(this.#path, "it names no architecture");
    const name = metadata.values.get("general.name");
    const contextLength = metadata.values.get(`${architecture}.context_length`);
    const texts = new Map<string, string>();
    for (const [key, value] of metadata.values) if (typeof value === "string") texts.set(key, value);
    const header = {
      version,
      type: texts.get("general.type") ?? "model",
      architecture,
      ...(typeof name === "string" && { name }),
      ...(typeof contextLength === "number" && { contextLength }),
      hasFim: metadata.hasFim,
      tensorCount,
      fileBytes: this.#fileBytes,
    };
    return { header, tensors, places: { tableStart, tableEnd, dataStart }, alignment, texts };
  }

  async #metadata(pairs: number): Promise<{ values: Map<string, string | number>; hasFim: boolean }> {
    const values = new Map<string, string | number>();
    let hasFim = false;
    for (let pair = 0; pair < pairs; pair++) {
      const key = await this.#string();
      const type = (await this.#take(4)).readUInt32LE();
      if (key === "tokenizer.ggml.tokens" && type === arrayType) {
        const elementType = (await this.#take(4)).readUInt32LE();
        const length = await this.#count();
        const hear = (token: Buffer): void => {
          if (fimPrefixTokens.has(token.toString("utf8"))) hasFim = true;
        };
        await this.#elements(elementType, length, hear);
        continue;
      }
      if (/^tokenizer\.ggml\.(fim_pre|prefix)_token_id$/.test(key)) hasFim = true;
      if (type === stringType && /^(general|adapter)\./.test(key)) values.set(key, await this.#string());
      else if (type === 4) values.set(key, (await this.#take(4)).readUInt32LE());
      else if (type === 10) values.set(key, Number((await this.#take(8)).readBigUInt64LE()));
      else await this.#skip(type);
    }
    return { values, hasFim };
  }

  /** Where the last tensor ends, counted from the beginning of the tensors' data; fills in the table on the way. */
  async #tensorsEnd(count: number, tensors: Map<string, GgufTensor>): Promise<number> {
    let end = 0;
    for (let tensor = 0; tensor < count; tensor++) {
      const name = await this.#string();
      const dimensions = (await this.#take(4)).readUInt32LE();
      if (dimensions > 8) throw notGguf(this.#path, "a tensor has too many dimensions");
      const shape: number[] = [];
      for (let dimension = 0; dimension < dimensions; dimension++) shape.push(await this.#integer());
      const elements = shape.reduce((product, size) => product * size, 1);
      const typeAt = this.#at;
      const type = (await this.#take(4)).readUInt32LE();
      const offset = await this.#integer();
      const bytes = tensorBytes(type, elements);
      tensors.set(name, { dimensions: shape, type, offset, bytes, typeAt });
      // Of a type that is not known the beginning at least must exist.
      end = Math.max(end, offset + (bytes ?? 1));
    }
    return end;
  }

  async #skip(type: number): Promise<void> {
    if (type === stringType) {
      await this.#string();
      return;
    }
    if (type === arrayType) {
      const elementType = (await this.#take(4)).readUInt32LE();
      const length = await this.#count();
      await this.#elements(elementType, length, () => {});
      return;
    }
    const width = scalarBytes[type];
    if (width === undefined) throw notGguf(this.#path, `its metadata has a value of unknown type ${type}`);
    await this.#take(width);
  }

  /** Of an array; `hear` is told its strings. A vocabulary has hundreds of thousands, too many to wait for each. */
  async #elements(type: number, length: number, hear: (text: Buffer) => void): Promise<void> {
    const width = scalarBytes[type];
    if (width !== undefined) this.#jump(width * length);
    else if (type !== stringType) for (let index = 0; index < length; index++) await this.#skip(type);
    else
      for (let index = 0; index < length; index++) {
        const bytes = this.#stringBytes(this.#buffered(8) ?? (await this.#take(8)));
        hear(this.#buffered(bytes) ?? (await this.#take(bytes)));
      }
  }

  async #string(): Promise<string> {
    return (await this.#take(this.#stringBytes(await this.#take(8)))).toString("utf8");
  }

  #stringBytes(length: Buffer): number {
    const bytes = length.readUInt32LE() + length.readUInt32LE(4) * 2 ** 32;
    if (bytes > maxStringBytes) throw notGguf(this.#path, "its metadata is damaged");
    return bytes;
  }

  async #integer(): Promise<number> {
    return Number((await this.#take(8)).readBigUInt64LE());
  }

  async #count(): Promise<number> {
    const count = await this.#integer();
    if (count > maxCount) throw notGguf(this.#path, "its metadata is damaged");
    return count;
  }

  #jump(bytes: number): void {
    this.#at += bytes;
    if (this.#at > this.#fileBytes) throw this.#cutOff();
  }

  async #take(bytes: number): Promise<Buffer> {
    if (this.#at + bytes > this.#fileBytes) throw this.#cutOff();
    const known = this.#buffered(bytes);
    if (known) return known;
    const wanted = Math.max(bytes, 1024 * 1024);
    const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(wanted), 0, wanted, this.#at);
    if (bytesRead < bytes) throw this.#cutOff();
    this.#buffer = buffer.subarray(0, bytesRead);
    this.#bufferStart = this.#at;
    this.#at += bytes;
    return this.#buffer.subarray(0, bytes);
  }

  /** What {@link #take} would give, or undefined where the file must be read for it. */
  #buffered(bytes: number): Buffer | undefined {
    const start = this.#at - this.#bufferStart;
    if (start < 0 || start + bytes > this.#buffer.length) return undefined;
    this.#at += bytes;
    return this.#buffer.subarray(start, start + bytes);
  }

  #cutOff(): ModelStoreError {
    return new ModelStoreError(
      "bad-gguf",
      `${this.#path} is cut off: it ends before the model does.`,
      "Download or copy the file again.",
    );
  }
}

function notGguf(path: string, why: string): ModelStoreError {
  return new ModelStoreError(
    "bad-gguf",
    `${path} is not a GGUF model: ${why}.`,
    "Choose a .gguf file of a model that llama.cpp can run.",
  );
}
