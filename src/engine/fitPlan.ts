import type { GgufContents, GgufTensor } from "../model/ggufHeader.ts";

/** Numbers of ggml's tensor types (`ggml_type` in ggml.h). */
export const ggmlTypes = { q5_0: 6, q8_0: 8, q6_K: 14 } as const;

/** Types that llama.cpp has no AMX kernel for, with the weights of a block. */
const convertible: Readonly<Record<number, number>> = { [ggmlTypes.q5_0]: 32, [ggmlTypes.q6_K]: 256 };

/** A tensor of a fitted file. */
export interface PlannedTensor {
  readonly from: GgufTensor;
  readonly type: number;
  /** In bytes from the beginning of the tensors' data, a multiple of the alignment. */
  readonly offset: number;
  readonly bytes: number;
}

/** What a fitted file will hold. */
export interface FitPlan {
  /** In the order of the table and of the data. */
  readonly tensors: readonly PlannedTensor[];
  /** Tensors that become Q8_0. */
  readonly converted: number;
  readonly fileBytes: number;
}

/**
 * The file in which each matrix of Q5_0 or Q6_K is one of Q8_0, which llama.cpp multiplies with AMX. Embeddings stay,
 * because they are looked up, where there is an output matrix beside them.
 * @returns undefined where there is nothing to convert, or a tensor of unknown size.
 */
export function fitPlan({ header, tensors, alignment, places }: GgufContents): FitPlan | undefined {
  // Two of one name: no model that llama.cpp loads.
  if (tensors.size !== header.tensorCount) return undefined;
  const hasOutput = tensors.has("output.weight");
  const planned: PlannedTensor[] = [];
  let converted = 0;
  let end = 0;
  for (const [name, from] of tensors) {
    if (from.bytes === undefined) return undefined;
    const [columns = 0, rows = 0] = from.dimensions;
    const blockWeights = convertible[from.type];
    const converts =
      blockWeights !== undefined &&
      from.dimensions.length === 2 &&
      columns % blockWeights === 0 &&
      !(name === "token_embd.weight" && hasOutput);
    const type = converts ? ggmlTypes.q8_0 : from.type;
    const bytes = converts ? ((columns * rows) / 32) * 34 : from.bytes;
    if (converts) converted++;
    planned.push({ from, type, offset: end, bytes });
    end += Math.ceil(bytes / alignment) * alignment;
  }
  return converted === 0 ? undefined : { tensors: planned, converted, fileBytes: places.dataStart + end };
}
