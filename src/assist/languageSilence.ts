import type { Clock } from "../base/clock.ts";

/** What of an extension tells whether it may judge documents of a language. */
export interface JudgingExtension {
  /** Comes with the editor. */
  readonly isBuiltin: boolean;
  readonly isActive: boolean;
  /** Whether it runs anything: one with grammars and snippets alone does not. */
  readonly hasCode: boolean;
  readonly activationEvents: readonly string[];
  /** Languages that it brings, which activate it too. */
  readonly languages: readonly string[];
}

/**
 * Who may judge a language: an extension that names it; none that does, but one that may look at any file, as spelling
 * checkers and linters do; or nobody.
 */
export type Judges = "named" | "possible" | "none";

const anyFile = /^(?:\*$|onStartupFinished$|onLanguage$|workspaceContains:)/;

export function judgesOf(extensions: readonly JudgingExtension[], languageId: string): Judges {
  const running = extensions.filter(({ hasCode }) => hasCode);
  const names = ({ activationEvents, languages }: JudgingExtension): boolean =>
    activationEvents.includes(`onLanguage:${languageId}`) || languages.includes(languageId);
  if (running.some(names)) return "named";
  // The editor's own extensions name the languages that they judge.
  const others = running.filter(({ isBuiltin }) => !isBuiltin);
  return others.some(
    ({ isActive, activationEvents }) => isActive || activationEvents.some((event) => anyFile.test(event)),
  )
    ? "possible"
    : "none";
}

/**
 * After so long on screen without a word about any document of its language nobody is going to judge one. A server that
 * is there for the language may read a large project first, for minutes.
 */
const enoughMs: Readonly<Record<Judges, number>> = { named: 600_000, possible: 60_000, none: 0 };

/** Within this time the editor reports once more that the last finding of a document has gone. */
const echoMs = 1000;

/** What stands in a document's problems after somebody has reported, if only that there are none. */
export interface Report {
  /** Identity of the document. */
  readonly key: string;
  readonly languageId: string;
  /** Wisp's own findings in words, empty for none. */
  readonly own: string;
  readonly hasOthers: boolean;
}

/** Remembers for a session in which languages a document was shown and in which one was judged. */
export class LanguageSilence {
  readonly #clock: Clock;
  readonly #shownAt = new Map<string, number>();
  readonly #judged = new Set<string>();
  readonly #own = new Map<string, string>();
  /** When the last finding of a document has gone. */
  readonly #clearedAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  shown(languageId: string): void {
    if (!this.#shownAt.has(languageId)) this.#shownAt.set(languageId, this.#clock.now());
  }

  /** Takes a report for another's unless Wisp's own findings are what has changed. */
  reported({ key, languageId, own, hasOthers }: Report): void {
    const now = this.#clock.now();
    const isOwn = own !== (this.#own.get(key) ?? "");
    if (isOwn) this.#own.set(key, own);
    if (isOwn && own === "") this.#clearedAt.set(key, now);
    const isEcho = now - (this.#clearedAt.get(key) ?? Number.NEGATIVE_INFINITY) < echoMs;
    if (hasOthers || !(isOwn || isEcho)) this.#judged.add(languageId);
  }

  /** Whether it is of use to wait until somebody judges a document of the language. */
  mayEnd(languageId: string, judges: Judges): boolean {
    if (this.#judged.has(languageId)) return true;
    const now = this.#clock.now();
    return now - (this.#shownAt.get(languageId) ?? now) < enoughMs[judges];
  }
}
