/** What the extension does at a key, without a model. */
export interface PipelineFigures {
  readonly lines: number;
  /** Medians in microseconds by stage, of keys that ask the model. A stage ends where the next one begins. */
  readonly stageUs: Readonly<Record<string, number>>;
  /** Medians in microseconds for a whole key, by where its answer came from. */
  readonly keyUs: Readonly<Record<"model" | "cache" | "typedThrough", number>>;
  /** Kilobytes of heap per key. */
  readonly allocatedKb: Readonly<Record<"model" | "cache" | "typedThrough", number>>;
}
