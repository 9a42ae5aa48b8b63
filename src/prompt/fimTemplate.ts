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
  /** Recognises the family in the model names that servers list; a guess that a setting overrules. */
  readonly modelName: RegExp;
  readonly stop: readonly string[];
  render(place: FimPlace): string;
}

/** Families of code models and the prompts they were trained on; each with the source of its form. */
export const fimFamilies: readonly FimFamily[] = [
  {
    // Qwen2.5-Coder technical report (arXiv 2409.12186), file-level and repo-level FIM.
    id: "qwen2.5-coder",
    modelName: /qwen[-_ ]?(2\.?5|3)[-_ ]?coder|codeqwen/i,
    stop: ["<|endoftext|>", "<|file_sep|>", "<|fim_pad|>", "<|repo_name|>"],
    render: ({ context, path, prefix, suffix }) => {
      const infill = `<|fim_prefix|>${prefix}<|fim_suffix|>${suffix}<|fim_middle|>`;
      if (context.length === 0) return infill;
      const files = context.map((file) => `<|file_sep|>${file.path}\n${file.text}\n`).join("");
      return `<|repo_name|>workspace\n${files}<|file_sep|>${path}\n${infill}`;
    },
  },
  {
    // StarCoder2 and The Stack v2 (arXiv 2402.19173), repository context with FIM.
    id: "starcoder2",
    modelName: /starcoder[-_ ]?2/i,
    stop: ["<|endoftext|>", "<file_sep>", "<repo_name>"],
    render: ({ context, path, prefix, suffix }) => {
      const tail = `<fim_suffix>${suffix}<fim_middle>`;
      if (context.length === 0) return `<fim_prefix>${prefix}${tail}`;
      const files = context.map((file) => `<file_sep>${file.path}\n${file.text}\n`).join("");
      return `<repo_name>workspace${files}<file_sep><fim_prefix>${path}\n${prefix}${tail}`;
    },
  },
  {
    // Code Llama (arXiv 2308.12950), its tokenizer's prefix-suffix-middle form.
    id: "codellama",
    modelName: /code[-_ ]?llama/i,
    stop: ["<EOT>", "</s>"],
    render: (place) => `<PRE> ${commented(place)}${place.prefix} <SUF>${place.suffix} <MID>`,
  },
  {
    // DeepSeek-Coder's model card, code insertion.
    id: "deepseek-coder",
    modelName: /deepseek[-_ ]?coder/i,
    stop: ["<｜end▁of▁sentence｜>", "<|EOT|>"],
    render: (place) =>
      `<｜fim▁begin｜>${commented(place)}${place.prefix}<｜fim▁hole｜>${place.suffix}<｜fim▁end｜>`,
  },
  {
    // CodeGemma's model card.
    id: "codegemma",
    modelName: /code[-_ ]?gemma/i,
    stop: ["<|file_separator|>", "<eos>", "<end_of_turn>"],
    render: (place) =>
      `<|fim_prefix|>${commented(place)}${place.prefix}<|fim_suffix|>${place.suffix}<|fim_middle|>`,
  },
  {
    // mistral-common's FIM encoding: the suffix comes first.
    id: "codestral",
    modelName: /codestral|mamba[-_ ]?codestral/i,
    stop: ["</s>", "[PREFIX]", "[SUFFIX]"],
    render: (place) => `[SUFFIX]${place.suffix}[PREFIX]${commented(place)}${place.prefix}`,
  },
  {
    // IBM Granite Code's model cards.
    id: "granite-code",
    modelName: /granite.*code/i,
    stop: ["<|endoftext|>", "<fim_prefix>"],
    render: (place) =>
      `<fim_prefix>${commented(place)}${place.prefix}<fim_suffix>${place.suffix}<fim_middle>`,
  },
  {
    // IBM Granite 3.3 and 4's model cards.
    id: "granite",
    modelName: /granite[-_ ]?(3\.3|4)/i,
    stop: ["<|end_of_text|>", "<|fim_pad|>", "<|fim_prefix|>"],
    render: (place) =>
      `<|fim_prefix|>${commented(place)}${place.prefix}<|fim_suffix|>${place.suffix}<|fim_middle|>`,
  },
];

/** The family of that id, else the one that the model's name hints at; undefined for models without a known form. */
export function findFimFamily(setting: string | undefined, modelName: string): FimFamily | undefined {
  if (setting !== undefined && setting !== "auto") return fimFamilies.find(({ id }) => id === setting);
  return fimFamilies.find((family) => family.modelName.test(modelName));
}

/** The prompt of `family` for `place`. */
export function fimPrompt(family: FimFamily, place: FimPlace): FimPrompt {
  return { prompt: family.render(place), stop: family.stop };
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
