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

/** Remembers for a session in which languages a document was shown and in which one was judged. */
export class LanguageSilence {
  readonly #clock: Clock;
  readonly #shownAt = new Map<string, number>();
  readonly #judged = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  shown(languageId: string): void {
    if (!this.#shownAt.has(languageId)) this.#shownAt.set(languageId, this.#clock.now());
  }

  /** Somebody has said something about a document, be it that nothing is wrong with it. */
  judged(languageId: string): void {
    this.#judged.add(languageId);
  }

  /** Whether it is of use to wait until somebody judges a document of the language. */
  mayEnd(languageId: string, judges: Judges): boolean {
    if (this.#judged.has(languageId)) return true;
    const now = this.#clock.now();
    return now - (this.#shownAt.get(languageId) ?? now) < enoughMs[judges];
  }
}
