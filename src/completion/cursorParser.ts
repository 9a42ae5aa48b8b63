import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { CursorSyntax, SyntaxService } from "../syntax/syntaxService.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";

/** The first parse of a large file takes longer; that one request goes by indentation. */
const deadlineMs = 150;

/** Asks the parser for the cursor's surroundings and waits no longer than its answer is worth. */
export class CursorParser {
  readonly #syntax: SyntaxService | undefined;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(syntax: SyntaxService | undefined, clock: Clock, log: Log) {
    this.#syntax = syntax;
    this.#clock = clock;
    this.#log = log;
  }

  supports(languageId: string): boolean {
    return this.#syntax?.supports(languageId) ?? false;
  }

  /** The caller disposes the answer. */
  async at(
    document: Pick<DocumentSnapshot, "uri" | "languageId" | "prefix" | "suffix" | "length">,
    signal: AbortSignal,
  ): Promise<CursorSyntax | undefined> {
    const { uri, languageId } = document;
    if (!this.#syntax?.supports(languageId)) return undefined;
    const { prefix, suffix } = wholeAtTop(document);
    const parsing = this.#syntax.atCursor(uri, languageId, prefix, suffix, signal).catch((error: unknown) => {
      this.#log.warn(`The parser failed on ${languageId}: ${String(error)}`);
      return undefined;
    });
    const late = Promise.withResolvers<"late">();
    const timer = this.#clock.after(deadlineMs, () => late.resolve("late"));
    const first = await Promise.race([parsing, late.promise]);
    timer.dispose();
    if (first !== "late") return first;
    void parsing.then((syntax) => syntax?.dispose());
    return undefined;
  }
}

/** A line that begins without white space and closes nothing: where a window of a large file is cut least badly. */
const topLine = /\n(?=[^\s)\]}])/;

/**
 * The parts of a document that did not fit into the snapshot leave halves of functions at its ends, and each is an
 * error from which the parser has to recover again and again.
 */
function wholeAtTop({ prefix, suffix, length }: { prefix: string; suffix: string; length: number }): {
  prefix: string;
  suffix: string;
} {
  if (prefix.length + suffix.length >= length) return { prefix, suffix };
  const start = topLine.exec(prefix.slice(0, Math.floor(prefix.length / 2)))?.index;
  const half = Math.floor(suffix.length / 2);
  const end = suffix.slice(half).split(topLine);
  return {
    prefix: start === undefined ? prefix : prefix.slice(start + 1),
    suffix: end.length > 1 ? suffix.slice(0, suffix.length - (end.at(-1) ?? "").length) : suffix,
  };
}
