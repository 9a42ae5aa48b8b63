import type { Disposable } from "../base/disposable.ts";

/**
 * What the parser knows about code. Parsing is incremental: texts that come with the same `key` are compared with
 * the last one and only the difference is parsed again. All texts have `\n` line ends; all offsets are UTF-16 code
 * units. Every method answers `undefined` where the language has no grammar (fall back to indentation); a grammar
 * that cannot be loaded is logged once and then counts as none.
 */
export interface SyntaxService extends Disposable {
  /** `languageId` is VS Code's. */
  supports(languageId: string): boolean;

  /**
   * Parses `prefix + suffix`; later calls with the same `key` (a document's URI) cost only the change. A large text
   * that comes for the first time is parsed in short slices, so the promise may take some 100 ms but never blocks
   * the event loop for long. Call `dispose` on the answer when the request is over.
   */
  atCursor(
    key: string,
    languageId: string,
    prefix: string,
    suffix: string,
    signal?: AbortSignal,
  ): Promise<CursorSyntax | undefined>;

  /** The innermost function and class around `offset` in a whole document. */
  enclosing(key: string, languageId: string, text: string, offset: number): Promise<Enclosing | undefined>;

  /** Definitions and names of a text that is parsed once and forgotten (an index keeps the answer). */
  outline(languageId: string, text: string): Promise<Outline | undefined>;
}

/** The code with a cursor in it. Its methods are synchronous and never throw; after `dispose` they must not be called. */
export interface CursorSyntax extends Disposable {
  readonly context: CursorContext;

  /**
   * Where the statement and the block around the cursor end inside `candidate` (the text that would be inserted at
   * the cursor), for stopping a stream and for trimming. Works on half-written candidates.
   */
  ends(candidate: string): CandidateEnds;

  /**
   * Whether inserting `candidate` adds parse errors. What was broken before (the hole itself, unfinished code
   * elsewhere) is tolerated. `replaceRight` characters right of the cursor are overwritten.
   */
  check(candidate: string, replaceRight?: number): CandidateCheck;
}

export interface CursorContext {
  readonly place: "code" | "comment" | "string";
  /** The grammar's name of the smallest named node at the cursor, for traces and features. */
  readonly nodeType: string;
  /** Inside the parentheses of a call (or of a constructor, macro, decorator call). */
  readonly inCallArguments: boolean;
  /** In a block or body that holds nothing yet, after Python's colon included. */
  readonly atEmptyBlock: boolean;
  /** A new statement or member would start here: only white space stands left of the cursor on its line. */
  readonly atStatementStart: boolean;
  /** Depth of blocks and bodies around the cursor, 0 at the top level. */
  readonly blockDepth: number;
  /** Name after which a member is expected: the text left of the dot (`a.b` in `a.b.|`), or undefined. */
  readonly memberOf: string | undefined;
}

export interface CandidateEnd {
  /** Offset in the candidate just after the statement's or block's last character that belongs to it. */
  readonly offset: number;
  /** False while more text could still belong to it (`foo()` may go on with `.then()`). */
  readonly settled: boolean;
}

export interface CandidateEnds {
  /** End of the statement that the cursor stands in or that the candidate begins. */
  readonly statement?: CandidateEnd;
  /** End of the last statement of the block around the cursor; set once the candidate leaves that block. */
  readonly block?: CandidateEnd;
}

export interface CandidateCheck {
  readonly addsErrors: boolean;
  /**
   * Set where the only thing amiss is that brackets which were open left of the cursor still are: they are the user's to
   * close (`order.paid` behind `orders.filter((order) => !`).
   */
  readonly leavesOpen: boolean;
  /** Length of the longest prefix of the candidate, cut at a line end, that adds none; 0 when there is none. */
  readonly validLength: number;
  /**
   * Set where nothing is wrong with the candidate but its end: appended to it, these closing brackets and quotes
   * make it add none (`}` for `if (a) {`). Empty when it adds none as it is, undefined when closing does not help.
   */
  readonly closers: string | undefined;
}

/** A half-open range of offsets. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

export interface NamedRange extends TextRange {
  readonly name: string | undefined;
}

export interface Enclosing {
  readonly function?: NamedRange;
  readonly class?: NamedRange;
  /** Lambdas around the offset, from the inside out, that are expressions of what is around them and count for no function. */
  readonly expressions: readonly TextRange[];
}

export type DefinitionKind =
  | "function"
  | "method"
  | "class"
  | "interface"
  | "type"
  | "enum"
  | "module"
  | "constant"
  | "variable"
  | "property"
  | "macro";

export interface Definition {
  readonly name: string;
  readonly kind: DefinitionKind;
  /** The whole definition. */
  readonly range: TextRange;
  /** From its first character to the start of its body: what a caller needs to know. */
  readonly signature: TextRange;
  /** Name of the definition that holds it, for example a method's class. */
  readonly container: string | undefined;
}

/** A use of a name; `qualifier` is the text left of the dot where there is one. */
export interface NameUse {
  readonly name: string;
  readonly offset: number;
  readonly qualifier: string | undefined;
}

/** A name that a file takes from elsewhere. */
export interface ImportedName {
  /** The name as the file uses it. */
  readonly name: string;
  /** The module, package, path or namespace as written, quotes removed. */
  readonly from: string;
}

export interface Outline {
  /** In order of appearance. */
  readonly definitions: readonly Definition[];
  readonly imports: readonly ImportedName[];
  /** Identifiers used (not defined) inside `range`, in order of appearance. */
  usesIn(range: TextRange): readonly NameUse[];
}
