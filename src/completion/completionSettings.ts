/** What the user may set about completion, already validated; the editor reads it afresh for every request. */
export interface CompletionSettings {
  /** The master switch. */
  readonly enabled: boolean;
  /** Per VS Code language identifier; `"*"` holds for languages that are not named. */
  readonly enableByLanguage: Readonly<Record<string, boolean>>;
  /** Longest suggestion in lines, 1 shows single lines only. */
  readonly maxLines: number;
  /** Bounds of the adaptive debounce in milliseconds, the editor's own 50 ms included. */
  readonly debounce: { readonly minMs: number; readonly maxMs: number };
  /** Globs of files in which nothing is ever suggested and which never enter a prompt. */
  readonly excludeGlobs: readonly string[];
  readonly respectGitignore: boolean;
  readonly inComments: boolean;
  readonly inStrings: boolean;
  /** Upper bound of prompt tokens, all parts together. */
  readonly maxPromptTokens: number;
  /** Wanted time to the first ghost text in milliseconds; prompt and output are sized by it on slow machines. */
  readonly targetLatencyMs: number;
  /** How much confidence a suggestion needs: 0 shows everything, 1 nearly nothing. */
  readonly quietness: number;
}
