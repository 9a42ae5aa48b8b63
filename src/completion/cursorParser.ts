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
    { uri, languageId, prefix, suffix }: Pick<DocumentSnapshot, "uri" | "languageId" | "prefix" | "suffix">,
    signal: AbortSignal,
  ): Promise<CursorSyntax | undefined> {
    if (!this.#syntax?.supports(languageId)) return undefined;
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
