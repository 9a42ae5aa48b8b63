import type { FileHandle } from "node:fs/promises";
import type { GgufContents } from "../model/ggufHeader.ts";
import { type FitPlan, ggmlTypes, type PlannedTensor } from "./fitPlan.ts";
import { dequantizeQ6_K, quantizeQ8_0, widenQ5_0 } from "./requantize.ts";

/** Weights that are converted at once: some milliseconds of work, between which the engine does other things. */
const chunkWeights = 256 * 1024;
const copiedBytes = 4 * 1024 * 1024;

const blocks = {
  [ggmlTypes.q5_0]: { blockWeights: 32, blockBytes: 22 },
  [ggmlTypes.q6_K]: { blockWeights: 256, blockBytes: 210 },
} as const;

/** Writes a GGUF file by a plan, a few megabytes at a time; all but the converted tensors and the table stays as it is. */
export class FittedWriter {
  readonly #source: FileHandle;
  readonly #target: FileHandle;
  readonly #read = Buffer.alloc(copiedBytes);
  readonly #values = new Float32Array(chunkWeights);
  readonly #converted = Buffer.alloc((chunkWeights / 32) * 34);
  /** Bytes of the target that are written. */
  #end = 0;

  constructor(source: FileHandle, target: FileHandle) {
    this.#source = source;
    this.#target = target;
  }

  /** Rejects with the reason where a file cannot be read or written. */
  async write({ places, alignment }: GgufContents, plan: FitPlan): Promise<void> {
    await this.#copy(0, places.tableStart);
    await this.#table(places, plan);
    await this.#pad(places.dataStart);
    for (const tensor of plan.tensors) {
      const at = places.dataStart + tensor.from.offset;
      if (tensor.type === tensor.from.type) await this.#copy(at, tensor.bytes);
      else await this.#convert(at, tensor);
      await this.#pad(Math.ceil(this.#end / alignment) * alignment);
    }
  }

  /** The table keeps its size: only types and offsets change. */
  async #table({ tableStart, tableEnd }: GgufContents["places"], { tensors }: FitPlan): Promise<void> {
    const table = Buffer.alloc(tableEnd - tableStart);
    await this.#fill(table, tableStart);
    for (const { from, type, offset } of tensors) {
      table.writeUInt32LE(type, from.typeAt - tableStart);
      table.writeBigUInt64LE(BigInt(offset), from.typeAt - tableStart + 4);
    }
    await this.#append(table);
  }

  async #copy(from: number, bytes: number): Promise<void> {
    for (let at = 0; at < bytes; at += this.#read.length) {
      const part = this.#read.subarray(0, Math.min(this.#read.length, bytes - at));
      await this.#fill(part, from + at);
      await this.#append(part);
    }
  }

  async #convert(from: number, { from: { type }, bytes }: PlannedTensor): Promise<void> {
    const { blockWeights, blockBytes } = blocks[type as keyof typeof blocks];
    const weights = (bytes / 34) * 32;
    for (let at = 0; at < weights; at += chunkWeights) {
      const count = Math.min(chunkWeights, weights - at);
      const part = this.#read.subarray(0, (count / blockWeights) * blockBytes);
      await this.#fill(part, from + (at / blockWeights) * blockBytes);
      const converted = this.#converted.subarray(0, (count / 32) * 34);
      if (type === ggmlTypes.q5_0) widenQ5_0(part, converted);
      else {
        const values = this.#values.subarray(0, count);
        dequantizeQ6_K(part, values);
        quantizeQ8_0(values, converted);
      }
      await this.#append(converted);
    }
  }

  async #pad(end: number): Promise<void> {
    await this.#append(Buffer.alloc(end - this.#end));
  }

  async #fill(buffer: Buffer, position: number): Promise<void> {
    for (let at = 0; at < buffer.length; ) {
      const { bytesRead } = await this.#source.read(buffer, at, buffer.length - at, position + at);
      if (bytesRead === 0) throw new Error("the model's file ended before its tensors did");
      at += bytesRead;
    }
  }

  async #append(buffer: Buffer): Promise<void> {
    for (let at = 0; at < buffer.length; ) {
      const { bytesWritten } = await this.#target.write(buffer, at, buffer.length - at, this.#end);
      at += bytesWritten;
      this.#end += bytesWritten;
    }
  }
}
