import type { Log } from "../base/log.ts";
import { type AdapterFile, checkAdapter } from "../model/adapterFile.ts";
import { type GgufContents, readGgufModel } from "../model/ggufHeader.ts";
import { ModelStoreError } from "../model/modelStoreError.ts";
import { ApiError } from "./apiError.ts";

/** What llama.cpp needs beside the model and its KV cache: compute buffers and the addon itself. */
const overheadBytes = 160 * 1024 * 1024;

/**
 * Looks at the file before any native code does.
 * @throws {ApiError} `no-model` when it is not there, `bad-model-file` when it is not a whole GGUF model.
 */
export async function checkModelFile(path: string): Promise<GgufContents> {
  try {
    return await readGgufModel(path);
  } catch (error) {
    if (!(error instanceof ModelStoreError)) throw error;
    throw new ApiError(error.code === "bad-gguf" ? "bad-model-file" : "no-model", error.message);
  }
}

/** @throws {ApiError} `bad-adapter` when the file is none that fits the model. */
export async function checkAdapterFile(path: string, modelPath: string, log: Log): Promise<AdapterFile> {
  try {
    const adapter = await checkAdapter(path, modelPath);
    log.info(`Adapter: ${adapter.name}, rank ${adapter.rank}, ${path}`);
    return adapter;
  } catch (error) {
    if (!(error instanceof ModelStoreError)) throw error;
    throw new ApiError("bad-adapter", error.message);
  }
}

/** @throws {ApiError} `out-of-memory` when the model and `kvBytes` do not fit in `availableBytes`. */
export function checkMemory(fileBytes: number, kvBytes: number, availableBytes: number): void {
  const needed = fileBytes + kvBytes + overheadBytes;
  if (needed <= availableBytes) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new ApiError(
    "out-of-memory",
    `The model needs about ${gigabytes(needed)} of memory, and ${gigabytes(availableBytes)} are free.`,
  );
}

/**
 * The largest context of 8192 tokens or fewer, for each of `lanes` KV caches, that fits; never more than the
 * model was trained on. `wanted` 0 chooses, other values are taken as they are.
 * @throws {ApiError} `out-of-memory`
 */
export function chooseContextSize(options: {
  readonly wanted: number;
  readonly trained: number;
  readonly kvBytesPerToken: number;
  readonly lanes: number;
  readonly fileBytes: number;
  readonly availableBytes: number;
}): number {
  const { wanted, trained, kvBytesPerToken, lanes, fileBytes, availableBytes } = options;
  const bytes = (size: number): number => size * kvBytesPerToken * lanes;
  if (wanted > 0) {
    checkMemory(fileBytes, bytes(Math.min(wanted, trained)), availableBytes);
    return Math.min(wanted, trained);
  }
  for (const size of [8192, 6144, 4096, 3072]) {
    if (fileBytes + bytes(size) + overheadBytes <= availableBytes) return Math.min(size, trained);
  }
  checkMemory(fileBytes, bytes(2048), availableBytes);
  return Math.min(2048, trained);
}

/** Of a model file's metadata, what the size of its KV cache follows from. */
interface AttentionShape {
  readonly block_count?: number;
  readonly embedding_length?: number;
  readonly attention?: {
    readonly head_count?: number | readonly number[];
    readonly head_count_kv?: number | readonly number[];
    readonly key_length?: number;
  };
}

/** Keys and values of 16 bits each, for all layers. */
export function kvBytesPerToken({ block_count, embedding_length, attention }: AttentionShape): number {
  const heads = numberOf(attention?.head_count) ?? 1;
  const headSize = attention?.key_length ?? (embedding_length ?? 4096) / heads;
  return 2 * 2 * (block_count ?? 32) * headSize * (numberOf(attention?.head_count_kv) ?? heads);
}

/** Some architectures have a number per layer. */
function numberOf(value: number | readonly number[] | undefined): number | undefined {
  return typeof value === "number" || value === undefined ? value : Math.max(...value);
}
