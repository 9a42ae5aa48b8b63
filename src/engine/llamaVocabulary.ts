import type { FimTokens, TokenId, Vocabulary } from "./modelRuntime.ts";

const repositoryTexts = ["<|repo_name|>", "<repo_name>", "<reponame>"];
const fileTexts = ["<|file_sep|>", "<file_sep>"];

/** The part of node-llama-cpp's model that is read here; that package itself is imported in two files only. */
interface TokenModel {
  readonly tokens: {
    readonly bos: TokenId | null;
    readonly shouldPrependBosToken: boolean;
    readonly infill: Readonly<Record<"prefix" | "suffix" | "middle", TokenId | null>>;
  };
  readonly fileInfo: { readonly metadata: { readonly tokenizer: { readonly ggml: object } } };
  tokenize(text: string, special: boolean): TokenId[];
  detokenize(tokens: readonly TokenId[], special: boolean, before: readonly TokenId[]): string;
  isSpecialToken(token: TokenId): boolean;
  isEogToken(token: TokenId): boolean;
}

/** The vocabulary in the model's own file. */
export class LlamaVocabulary implements Vocabulary {
  readonly bos: TokenId | null;
  readonly fim: FimTokens | undefined;
  readonly #model: TokenModel;

  constructor(model: TokenModel) {
    this.#model = model;
    const { bos, shouldPrependBosToken, infill } = model.tokens;
    this.bos = shouldPrependBosToken ? bos : null;
    const { prefix, suffix, middle } = infill;
    const { fim_rep_token_id, fim_sep_token_id } = model.fileInfo.metadata.tokenizer.ggml as {
      fim_rep_token_id?: number;
      fim_sep_token_id?: number;
    };
    if (prefix !== null && suffix !== null) {
      this.fim = {
        prefix,
        suffix,
        middle,
        repository: fim_rep_token_id ?? this.#specialToken(repositoryTexts),
        file: fim_sep_token_id ?? this.#specialToken(fileTexts),
      };
    }
  }

  tokenize(text: string, special = false): TokenId[] {
    return this.#model.tokenize(text, special);
  }

  detokenize(tokens: readonly TokenId[], before: readonly TokenId[]): string {
    return this.#model.detokenize(tokens, false, before);
  }

  isSpecial(token: TokenId): boolean {
    return this.#model.isSpecialToken(token);
  }

  isEnd(token: TokenId): boolean {
    return this.#model.isEogToken(token);
  }

  #specialToken(texts: readonly string[]): TokenId | null {
    for (const text of texts) {
      const [token, ...more] = this.#model.tokenize(text, true);
      if (token !== undefined && more.length === 0 && this.isSpecial(token)) return token;
    }
    return null;
  }
}
