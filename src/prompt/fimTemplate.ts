/** What is to be filled in: other places, the path of the file, the text on both sides of the cursor. */
export interface FimPlace {
  readonly context: readonly { readonly path: string; readonly text: string }[];
  readonly path: string;
  readonly prefix: string;
  readonly suffix: string;
}

export interface FimPrompt {
  readonly prompt: string;
  /** Special tokens that end the answer; seen in an answer they are never code. */
  readonly stop: readonly string[];
}

export interface FimFamily {
  /** Stable name for settings. */
  readonly id: string;
  /** Recognises the family in the model names that servers list; a guess that a test and a setting overrule. */
  readonly modelName: RegExp;
  /** Special tokens that make up the prompt; a tokenizer of the family gives one token for each. */
  readonly markers: readonly string[];
  /** Special tokens that end an answer. */
  readonly stop: readonly string[];
  render(place: FimPlace): string;
}

const pipedMarkers = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"];
const plainMarkers = ["<fim_prefix>", "<fim_suffix>", "<fim_middle>"];

const piped = (place: FimPlace): string =>
  `<|fim_prefix|>${commented(place)}${place.prefix}<|fim_suffix|>${place.suffix}<|fim_middle|>`;

/**
 * Families of code models and the prompts they were trained on. Most are in the order prefix, suffix, middle;
 * Codestral, Seed-Coder and Mellum put the suffix first. Not here: Mamba Codestral (its publisher: no FIM), Zeta
 * (trained to rewrite a region after edits, not to fill a hole), and OpenCoder (has the tokens, was not trained
 * on them, says its publisher).
 */
export const fimFamilies: readonly FimFamily[] = [
  {
    // README of QwenLM/Qwen2.5-Coder, "fill in the middle" and "repository level"; report arXiv 2409.12186.
    id: "qwen2.5-coder",
    modelName: /qwen[-_ ]?(2\.?5|3)[-_ ]?coder|codeqwen/i,
    markers: pipedMarkers,
    stop: ["<|endoftext|>", "<|file_sep|>", "<|fim_pad|>", "<|repo_name|>", "<|im_start|>", "<|im_end|>"],
    render: ({ context, path, prefix, suffix }) => {
      const infill = `<|fim_prefix|>${prefix}<|fim_suffix|>${suffix}<|fim_middle|>`;
      if (context.length === 0) return infill;
      const files = context.map((file) => `<|file_sep|>${file.path}\n${file.text}\n`).join("");
      return `<|repo_name|>workspace\n${files}<|file_sep|>${path}\n${infill}`;
    },
  },
  {
    // StarCoder2 and The Stack v2 (arXiv 2402.19173), section 5.1: repository context with FIM.
    id: "starcoder2",
    modelName: /starcoder[-_ ]?2/i,
    markers: plainMarkers,
    stop: ["<|endoftext|>", "<file_sep>", "<repo_name>", "<fim_pad>"],
    render: ({ context, path, prefix, suffix }) => {
      const tail = `<fim_suffix>${suffix}<fim_middle>`;
      if (context.length === 0) return `<fim_prefix>${prefix}${tail}`;
      const files = context.map((file) => `<file_sep>${file.path}\n${file.text}\n`).join("");
      return `<repo_name>workspace${files}<file_sep><fim_prefix>${path}\n${prefix}${tail}`;
    },
  },
  {
    // Meta's "Code Llama: model cards and prompt formats", infilling (7B and 13B base); blanks as in its tokenizer.
    id: "codellama",
    modelName: /code[-_ ]?llama/i,
    markers: ["<PRE>", "<SUF>", "<MID>"],
    stop: ["<EOT>", "</s>"],
    render: (place) => `<PRE> ${commented(place)}${place.prefix} <SUF>${place.suffix} <MID>`,
  },
  {
    // Model card of deepseek-ai/deepseek-coder-1.3b-base, "code insertion".
    id: "deepseek-coder",
    modelName: /deepseek[-_ ]?coder/i,
    markers: ["<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"],
    stop: ["<｜end▁of▁sentence｜>", "<|EOT|>"],
    render: (place) =>
      `<｜fim▁begin｜>${commented(place)}${place.prefix}<｜fim▁hole｜>${place.suffix}<｜fim▁end｜>`,
  },
  {
    // ai.google.dev/gemma/docs/codegemma/prompt-structure.
    id: "codegemma",
    modelName: /code[-_ ]?gemma/i,
    markers: pipedMarkers,
    stop: ["<|file_separator|>", "<eos>", "<end_of_turn>"],
    render: piped,
  },
  {
    // mistralai/mistral-common, InstructTokenizerV2.encode_fim: begin, [SUFFIX], suffix, [PREFIX], prefix.
    id: "codestral",
    modelName: /(?<!mamba[-_ ]?)codestral/i,
    markers: ["[PREFIX]", "[SUFFIX]"],
    stop: ["</s>"],
    render: (place) => `[SUFFIX]${place.suffix}[PREFIX]${commented(place)}${place.prefix}`,
  },
  {
    // IBM's Granite Code models share StarCoder's tokens (llama.cpp's vocabulary names them as Granite's).
    id: "granite-code",
    modelName: /granite.*code/i,
    markers: plainMarkers,
    stop: ["<|endoftext|>", "<fim_pad>"],
    render: (place) =>
      `<fim_prefix>${commented(place)}${place.prefix}<fim_suffix>${place.suffix}<fim_middle>`,
  },
  {
    // tokenizer_config.json of ibm-granite's 3.3 and 4 models: added tokens 100258 to 100261.
    id: "granite",
    modelName: /granite[-_ ]?(3\.3|4)/i,
    markers: pipedMarkers,
    stop: ["<|end_of_text|>", "<|fim_pad|>", "<|filename|>", "<|reponame|>"],
    render: piped,
  },
  {
    // Seed-Coder's technical report (arXiv 2506.03524): suffix, prefix, middle.
    id: "seed-coder",
    modelName: /seed[-_ ]?coder/i,
    markers: ["<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>"],
    stop: ["<[end▁of▁sentence]>"],
    render: (place) =>
      `<[fim-suffix]>${place.suffix}<[fim-prefix]>${commented(place)}${place.prefix}<[fim-middle]>`,
  },
  {
    // Model card of JetBrains/Mellum-4b-base: suffix, prefix, middle, other files in front.
    id: "mellum",
    modelName: /mellum/i,
    markers: plainMarkers,
    stop: ["<|endoftext|>", "<filename>", "<fim_pad>"],
    render: ({ context, path, prefix, suffix }) => {
      const infill = `<fim_suffix>${suffix}<fim_prefix>${prefix}<fim_middle>`;
      if (context.length === 0) return infill;
      const files = context.map((file) => `<filename>${file.path}\n${file.text}\n`).join("");
      return `${files}<filename>${path}\n${infill}`;
    },
  },
];

/** The family of that id, else the one that the model's name hints at; undefined for models without a known form. */
export function findFimFamily(setting: string | undefined, modelName: string): FimFamily | undefined {
  if (setting !== undefined && setting !== "auto") return fimFamilies.find(({ id }) => id === setting);
  return fimFamilies.find((family) => family.modelName.test(modelName));
}

/** The prompt of `family` for `place`. Servers take few texts to stop at, so those that end answers come first. */
export function fimPrompt(family: FimFamily, place: FimPlace): FimPrompt {
  return { prompt: family.render(place), stop: [...family.stop, ...family.markers] };
}

/** Context as comments in front of the code, for models and servers that have no place for other files. */
export function commented({ context, path }: Pick<FimPlace, "context" | "path">): string {
  const [open, close] = commentMarks(path);
  return context
    .flatMap((file) => [`Path: ${file.path}`, ...file.text.split(/\r?\n/)])
    .map((line) => `${open}${line}${close}\n`)
    .join("");
}

function commentMarks(path: string): readonly [string, string] {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const extension = name.slice(name.lastIndexOf(".") + 1);
  if (hashLanguages.has(extension)) return ["# ", ""];
  if (dashLanguages.has(extension)) return ["-- ", ""];
  if (markupLanguages.has(extension)) return ["<!-- ", " -->"];
  if (extension === "css") return ["/* ", " */"];
  return ["// ", ""];
}

const hashLanguages = new Set(
  "py pyi rb sh bash zsh fish pl pm r jl ex exs yml yaml toml tf nix ps1 mk cmake makefile dockerfile".split(
    " ",
  ),
);
const dashLanguages = new Set("sql lua hs elm adb ads vhd vhdl".split(" "));
const markupLanguages = new Set("html htm xml svg vue md markdown".split(" "));
