/** Where the cursor stands, as far as a source of context needs it. `\n` line ends; offsets are UTF-16 code units. */
export interface ContextQuery {
  readonly uri: string;
  readonly path: string;
  readonly languageId: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly line: number;
  /** Whether text of another file may enter the prompt; a provider asks before it reads one. */
  readonly mayShare?: MayShare;
}

/** @param uri absent where a provider knows nothing but the path. */
export type MayShare = (path: string, uri?: string) => boolean;

/** A piece of another place that may help; `score` (0 to 1) is comparable between providers. */
export interface ScoredSnippet {
  readonly path: string;
  readonly text: string;
  readonly score: number;
  /** Name of the provider, for traces and ablations. */
  readonly source: string;
}

/** One source of context. What comes after the gatherer's deadline is used for a later request. */
export interface ContextProvider {
  readonly name: string;
  /** @param signal aborts when the request is over. */
  snippets(query: ContextQuery, signal: AbortSignal): Promise<readonly ScoredSnippet[]>;
}
