import type { SecretScan } from "../context/secretScan.ts";
import type { TokenBudget } from "../context/tokenBudget.ts";
import type { ContextSnippet, FimRequest } from "../model/modelClient.ts";
import { PrefixWindow } from "./prefixWindow.ts";

/** A long prefix was not better than this (384 tokens against 1,024: 25 % against 23 %) and costs cold time. */
const mostPrefixTokens = 690;
const contextShare = 0.35;

export interface PromptDocument {
  readonly uri: string;
  readonly path: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly position: { readonly line: number };
}

export interface PromptLimits {
  readonly maxPromptTokens: number;
  /**
   * In PSM order the suffix is evaluated again at every key, and 16 tokens of it were accepted as often as 64
   * (25.2 %, 143 cases); a few more tell block ends apart.
   */
  readonly suffixTokens: number;
  readonly maxTokens: number;
}

interface FrozenSuffix {
  readonly uri: string;
  readonly line: number;
  readonly limit: number;
  /** Characters that the whole of it may have. */
  readonly most: number;
  readonly below: number;
}

/** Lays out requests so that the next key changes only the end of the prefix and the short suffix. */
export class CompletionPrompt {
  readonly #budget: TokenBudget;
  readonly #secrets: SecretScan;
  readonly #window = new PrefixWindow();
  #suffix: FrozenSuffix | undefined;

  constructor(budget: TokenBudget, secrets: SecretScan) {
    this.#budget = budget;
    this.#secrets = secrets;
  }

  /** Places the windows anew at the next request: their limits may have changed. */
  forget(): void {
    this.#window.forget();
    this.#suffix = undefined;
  }

  /** Characters that snippets of other places may take together. */
  contextCharacters(limits: PromptLimits): number {
    return this.#budget.characters(Math.floor(limits.maxPromptTokens * contextShare));
  }

  request(document: PromptDocument, context: readonly ContextSnippet[], limits: PromptLimits): FimRequest {
    const ownTokens = Math.floor(limits.maxPromptTokens * (1 - contextShare));
    const prefixTokens = Math.min(mostPrefixTokens, Math.max(32, ownTokens - limits.suffixTokens));
    const suffix = this.#suffixOf(document, limits.suffixTokens, Math.max(0, ownTokens - prefixTokens));
    const prefix = this.#window.cut(document, () => this.#budget.characters(prefixTokens));
    return {
      context,
      path: document.path,
      ...this.#secrets.maskAround(prefix, suffix),
      maxTokens: limits.maxTokens,
      temperature: 0,
      candidates: 1,
      stop: [],
    };
  }

  /** The rest of the line, and of the lines below as many characters as when the cursor came to this line. */
  #suffixOf({ uri, suffix, position }: PromptDocument, suffixTokens: number, mostTokens: number): string {
    const lineBreak = suffix.indexOf("\n");
    const rest = lineBreak < 0 ? suffix : suffix.slice(0, lineBreak);
    const below = lineBreak < 0 ? "" : suffix.slice(lineBreak);
    if (this.#suffix?.uri !== uri || this.#suffix.line !== position.line) {
      const limit = this.#budget.characters(suffixTokens);
      const length = wholeLines(below, Math.max(0, limit - rest.length));
      const most = this.#budget.characters(mostTokens);
      this.#suffix = { uri, line: position.line, limit, most, below: length };
    }
    return cutWhole(
      cutWhole(rest, this.#suffix.limit * 2) + cutWhole(below, this.#suffix.below),
      this.#suffix.most,
    );
  }
}

/** The length of `text` up to the last line end within `limit`, or `limit` where a single line is longer. */
function wholeLines(text: string, limit: number): number {
  if (text.length <= limit) return text.length;
  const lineBreak = text.lastIndexOf("\n", limit);
  return lineBreak > limit / 3 ? lineBreak : limit;
}

function cutWhole(text: string, limit: number): string {
  const code = text.charCodeAt(limit);
  return text.slice(0, code >= 0xdc00 && code <= 0xdfff ? limit - 1 : limit);
}
