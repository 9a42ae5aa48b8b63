import type { TextRange } from "../syntax/syntaxService.ts";

/** What may be a bug, before anybody has taken a second look. */
export interface Suspect {
  /** In offsets of the document; undefined when it is about text that is not there. */
  readonly range: TextRange | undefined;
  readonly message: string;
  readonly severity: "error" | "warning" | "info";
  /** What would be expected in place of the range, where that is known. */
  readonly instead?: string;
  /** Takes the second look. */
  judge(): Promise<Verdict>;
}

export interface Verdict {
  readonly stands: boolean;
  /** Probability that it is a bug, 0 to 1; undefined where the backend does not tell. */
  readonly confidence?: number;
}
