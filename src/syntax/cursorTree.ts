import { isBalanced, openClosers } from "./brackets.ts";
import { candidateEnds } from "./candidateEnds.ts";
import { cursorContext } from "./cursorContext.ts";
import { body, holeProbes } from "./holeProbes.ts";
import { breaksWithin, countErrors, mismatchedTags } from "./parseErrors.ts";
import type { CandidateCheck, CandidateEnds, CursorContext, CursorSyntax } from "./syntaxService.ts";
import { pointAt, replacement, type TextPoint } from "./textEdit.ts";
import type { LoadedGrammar, Tree } from "./treeSitter.ts";

/**
 * For the fillings of one hole. Where error recovery is slow in a large file, the benefit of the doubt is cheaper than a
 * stalled editor.
 */
const maxProbeMs = 60;

/** So many brackets that stand open left of the cursor are closed to see whether a candidate is right but for them. */
const mostLeftOpen = 4;
const mostLinesUp = 20;

interface Hole {
  /** Errors without any text in it. */
  readonly unfilled: number;
  /** The fewest errors seen with any filling, and what is still to be tried. */
  errors: number;
  readonly probes: string[];
  probingMs: number;
}

/** The text around a cursor with its tree; every candidate is parsed as an edit of it. */
export class CursorTree implements CursorSyntax {
  readonly #grammar: LoadedGrammar;
  readonly #tree: Tree;
  readonly #text: string;
  readonly #at: number;
  readonly #point: TextPoint;
  readonly #holes = new Map<number, Hole>();
  #context: CursorContext | undefined;

  /** Takes over `tree`, the tree of `text`. */
  constructor(grammar: LoadedGrammar, tree: Tree, text: string, at: number) {
    this.#grammar = grammar;
    this.#tree = tree;
    this.#text = text;
    this.#at = at;
    this.#point = pointAt(text, at);
  }

  get context(): CursorContext {
    this.#context ??= cursorContext(this.#tree.rootNode, this.#text, this.#at);
    return this.#context;
  }

  ends(candidate: string): CandidateEnds {
    return this.#with(candidate, 0, (tree, text) =>
      candidateEnds(tree.rootNode, text, this.#at, candidate.length),
    );
  }

  check(candidate: string, replaceRight = 0): CandidateCheck {
    const valid = (part: string): boolean => this.#valid(part, replaceRight);
    if (valid(candidate))
      return { addsErrors: false, leavesOpen: false, validLength: candidate.length, closers: "" };
    let length = candidate.lastIndexOf("\n");
    while (length > 0 && !(/\S/.test(candidate.slice(0, length)) && valid(candidate.slice(0, length)))) {
      length = candidate.lastIndexOf("\n", length - 1);
    }
    const line = this.#text.slice(this.#at - this.#point.column, this.#at);
    const closers = openClosers(line + candidate, line.length);
    const closed = closers !== "" && valid(candidate + closers);
    return {
      addsErrors: true,
      leavesOpen: closers === "" && this.#leavesOpen(candidate, valid),
      validLength: Math.max(0, length),
      closers: closed ? closers : undefined,
    };
  }

  dispose(): void {
    this.#tree.delete();
  }

  /**
   * Whether the candidate leaves no more broken than was broken without it. A hole is often broken itself
   * (`const x = |`), so what counts is the best of some neutral fillings; they are tried, each once, only as long as
   * none has shown that the candidate is worse. The rest of a name only has to leave the code as broken as the
   * beginning of the name did: what follows the name in the hole is not its doing. Where the code is broken whatever
   * stands in the hole (macros, a line further up that is not finished), a filling may mend by chance what the candidate
   * has no part in; there it is enough that the candidate breaks nothing itself.
   */
  #valid(candidate: string, replaceRight: number): boolean {
    const errors = this.#errors(candidate, replaceRight);
    if (errors === 0) return true;
    const hole = this.#hole(replaceRight);
    if (this.#isRestOfName(candidate)) return errors <= hole.unfilled;
    while (errors <= hole.errors) {
      const probe = hole.probingMs < maxProbeMs ? hole.probes.shift() : undefined;
      if (probe === undefined) return true;
      const started = performance.now();
      hole.errors = Math.min(hole.errors, this.#errors(probe, replaceRight));
      hole.probingMs += performance.now() - started;
    }
    return hole.errors > 0 && errors <= hole.unfilled && this.#isWholeItself(candidate, replaceRight);
  }

  /** Whether nothing is broken or left open from the cursor's line to the candidate's end. */
  #isWholeItself(candidate: string, replaceRight: number): boolean {
    const from = this.#at - this.#point.column;
    if (!isBalanced(this.#text.slice(from, this.#at) + candidate)) return false;
    const to = this.#at + candidate.length;
    return this.#with(candidate, replaceRight, ({ rootNode }) => !breaksWithin(rootNode, from, to));
  }

  /** Brackets only: an open string would swallow what stands below. */
  #leavesOpen(candidate: string, valid: (part: string) => boolean): boolean {
    const left = this.#text.slice(this.#headStart(), this.#at);
    const line = left.slice(left.lastIndexOf("\n") + 1);
    const onLine = openClosers(line + candidate);
    const open = openClosers(left + candidate).slice(0, mostLeftOpen);
    if (open === "" || /["'`]/.test(open)) return false;
    const ends = onLine && [onLine, `${onLine};`, onLine + body(this.#grammar.name, line)];
    const inHead = [...open].map((_, index) => open.slice(0, index + 1));
    const end = performance.now() + maxProbeMs;
    return [...new Set([...ends, ...inHead])].some(
      (each) => performance.now() < end && valid(candidate + each),
    );
  }

  /** Where the nearest line above begins that stands further left than the cursor's, else the cursor's own. */
  #headStart(): number {
    const own = this.#text.lastIndexOf("\n", this.#at - 1) + 1;
    const indent = indentAt(this.#text, own);
    let start = own;
    for (let lines = 0; start > 0 && lines < mostLinesUp; lines++) {
      start = this.#text.lastIndexOf("\n", start - 2) + 1;
      const isBlank = /^\s*(?:\n|$)/.test(this.#text.slice(start, start + 200));
      if (!isBlank && indentAt(this.#text, start) < indent) return start;
    }
    return own;
  }

  #isRestOfName(candidate: string): boolean {
    return /^[\p{L}\p{N}_$]+$/u.test(candidate) && /[\p{L}\p{N}_$.:>]/u.test(this.#text.charAt(this.#at - 1));
  }

  #hole(replaceRight: number): Hole {
    let hole = this.#holes.get(replaceRight);
    if (!hole) {
      const errors = countErrors(this.#tree.rootNode, this.#grammar.name);
      const line = this.#text.slice(this.#text.lastIndexOf("\n", this.#at - 1) + 1, this.#at);
      hole = {
        unfilled: errors,
        errors,
        probes: errors > 0 ? holeProbes(this.#grammar.name, line) : [],
        probingMs: 0,
      };
      this.#holes.set(replaceRight, hole);
    }
    return hole;
  }

  #errors(candidate: string, replaceRight: number): number {
    return this.#with(candidate, replaceRight, (tree, text) => {
      const root = tree.rootNode;
      return (
        countErrors(root, this.#grammar.name) +
        mismatchedTags(root, text, this.#at, this.#at + candidate.length)
      );
    });
  }

  #with<T>(candidate: string, replaceRight: number, use: (tree: Tree, text: string) => T): T {
    const end = this.#at + replaceRight;
    const text = this.#text.slice(0, this.#at) + candidate + this.#text.slice(end);
    const edits = [replacement(this.#text, this.#at, end, candidate, this.#point)];
    const tree = this.#grammar.parse(text, { tree: this.#tree, edits });
    try {
      return use(tree, text);
    } finally {
      tree.delete();
    }
  }
}

function indentAt(text: string, lineStart: number): number {
  let at = lineStart;
  while (text[at] === " " || text[at] === "\t") at++;
  return at - lineStart;
}
