import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { ContextProvider } from "../context/contextProvider.ts";
import type { CursorHints } from "../context/cursorHints.ts";
import type { ModelClient } from "../model/modelClient.ts";
import type { ModelError } from "../model/modelErrors.ts";
import type { SyntaxService } from "../syntax/syntaxService.ts";
import type { CompletionSettings } from "./completionSettings.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";
import type { Taste } from "./taste.ts";

/** What is saved while the machine runs on battery: work on suspicion, or all that is not asked for. */
export type Saving = "nothing" | "quiet" | "off";

/** What the pipeline is built from; the composition root fills it in. */
export interface CompletionParts {
  readonly model: ModelClient;
  readonly clock: Clock;
  readonly log: Log;
  /** Read afresh for every request; settings may differ per folder and language. */
  readonly settings: (document: Pick<DocumentSnapshot, "uri" | "languageId">) => CompletionSettings;
  /** Wall-clock time (milliseconds since the epoch) until which the user wants silence; 0 for none. */
  readonly snoozedUntil: () => number;
  /** Whether the file is ignored by version control; asked only when the settings want it. */
  readonly isIgnored: (path: string, uri: string) => boolean | Promise<boolean>;
  /** Sources of snippets from other places, best first; an empty list completes from the file alone. */
  readonly contextProviders: readonly ContextProvider[];
  /** Called for every failure of the model; the outcome says `model-error` as well. */
  readonly onModelError: (error: ModelError) => void;
  readonly syntax?: SyntaxService;
  /** What was learned from the user; without it the shipped estimates stand. */
  readonly taste?: Taste;
  /** Whether a half-typed word is asked for again from its beginning, see `healing.ts`; true when absent. */
  readonly tokenHealing?: boolean;
  /** What exists at the cursor: held against what the model answers. */
  readonly hints?: Pick<CursorHints, "offered">;
  /** Whether an answer behind a dot is held to the members that exist while it is written; false when absent. */
  readonly holdToMembers?: boolean;
  /**
   * So many milliseconds after a key, what was not sure enough to be shown at once is looked at again with a lower bar;
   * never when absent.
   */
  readonly restMs?: number;
  /** Asked at every request; nothing is saved when absent. */
  readonly saving?: () => Saving;
}
