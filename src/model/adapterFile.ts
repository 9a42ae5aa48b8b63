import { basename, dirname } from "node:path";
import { readGguf } from "./ggufHeader.ts";
import { ModelStoreError } from "./modelStoreError.ts";

/** A LoRA adapter (arXiv 2106.09685) as a GGUF file: two thin matrices for each weight that it changes. */
export interface AdapterFile {
  readonly path: string;
  /** For people. */
  readonly name: string;
  /** Rank of the first pair of matrices. */
  readonly rank: number;
}

const hint = "Run “Wisp: Use Adapter…” and choose one that was made for this model, or none.";

/**
 * Sees that an adapter belongs to a model, by what both files say of themselves: the architecture, and for each
 * changed weight of n inputs and m outputs an `A` of [n, rank] and a `B` of [rank, m].
 * @throws {ModelStoreError} `bad-adapter` with the reason; `bad-gguf` or `file-missing` where the model is at fault.
 */
export async function checkAdapter(path: string, modelPath: string): Promise<AdapterFile> {
  const adapter = await readAdapter(path);
  const { header, texts, tensors } = adapter;
  const bad = (why: string): ModelStoreError => new ModelStoreError("bad-adapter", `${path} ${why}`, hint);
  if (header.type !== "adapter") throw bad(`is no adapter but a ${header.type}.`);
  const kind = texts.get("adapter.type");
  if (kind !== "lora") throw bad(`is an adapter of the kind ${kind ?? "“unnamed”"}; only lora is known.`);
  const model = await readGguf(modelPath);
  const modelName = model.header.name ?? basename(modelPath);
  if (header.architecture !== model.header.architecture) {
    throw bad(
      `adapts models of the architecture ${header.architecture}; ${modelName} is ${model.header.architecture}.`,
    );
  }
  let rank = 0;
  for (const name of tensors.keys()) {
    const [, weight, part] = /^(.*)\.lora_(a|b)$/.exec(name) ?? [];
    if (weight === undefined) throw bad(`has the tensor ${name}, which is no part of an adapter.`);
    const of = model.tensors.get(weight)?.dimensions;
    const a = tensors.get(`${weight}.lora_a`)?.dimensions;
    const b = tensors.get(`${weight}.lora_b`)?.dimensions;
    if (!of || !a || !b)
      throw bad(`changes ${weight}, which ${of ? "it gives only half of" : `${modelName} does not have`}.`);
    if (part !== "a") continue;
    // Token embeddings are looked up and not multiplied, so llama.cpp wants their halves the other way round.
    const sizes = weight === "token_embd.weight" ? [b[1], a[1]] : [a[0], b[1]];
    if (a[1] !== b[0] && weight !== "token_embd.weight")
      throw bad(`is damaged: the halves of ${weight} do not match.`);
    if (sizes[0] !== of[0] || sizes[1] !== of[1]) {
      throw bad(
        `was made for another model: its ${weight} is ${sizes.join(" x ")}, that of ${modelName} ${of.join(" x ")}.`,
      );
    }
    rank ||= a[1] ?? 0;
  }
  if (rank === 0) throw bad("changes nothing.");
  return { path, name: header.name ?? nameOf(path), rank };
}

/** Adapters are often called adapter.gguf: then the folder says more. */
function nameOf(path: string): string {
  const name = basename(path, ".gguf");
  return name === "adapter" ? basename(dirname(path)) : name;
}

async function readAdapter(path: string): Promise<Awaited<ReturnType<typeof readGguf>>> {
  try {
    return await readGguf(path);
  } catch (error) {
    if (!(error instanceof ModelStoreError)) throw error;
    throw new ModelStoreError("bad-adapter", error.message, hint, error);
  }
}
