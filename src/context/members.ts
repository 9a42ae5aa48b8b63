import type { ContextQuery } from "./contextProvider.ts";
import type { Receiver } from "./receiver.ts";

/** Something that may stand behind a dot. */
export interface Member {
  readonly name: string;
}

/** What a receiver offers. */
export interface Members {
  /** The type or module that has them, where it is known. */
  readonly owner: string | undefined;
  readonly members: readonly Member[];
  /** Nothing else exists behind this receiver: a name that is not among them is wrong. */
  readonly isComplete: boolean;
  /** Names that exist too, but are rarely meant: those that every value has, those that the language calls by itself. */
  readonly unlisted?: ReadonlySet<string>;
}

/** Knows members: the language server in the editor, the index of definitions without one. */
export interface MemberSource {
  readonly name: string;
  /** Undefined where the receiver is not known. What comes too late for the asker is kept for the next time. */
  members(query: ContextQuery, receiver: Receiver, signal: AbortSignal): Promise<Members | undefined>;
}
