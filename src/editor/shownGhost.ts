/** What was handed to the editor as ghost text; texts with `\n` line ends. */
export interface ShownGhost {
  readonly uri: string;
  readonly line: number;
  readonly character: number;
  /** Text of the line left of the cursor: the editor's change may begin there. */
  readonly lineLeft: string;
  readonly candidates: readonly GhostCandidate[];
}

export interface GhostCandidate {
  readonly id: number;
  /** What would appear right of the cursor. */
  readonly text: string;
  /** Characters right of the cursor that it replaces. */
  readonly replaceRight: number;
}

export interface DocumentEdit {
  readonly line: number;
  readonly character: number;
  readonly text: string;
}

/** `acceptedChars` counts from the beginning of the candidate's text, typed characters included. */
export type GhostChange =
  | { readonly kind: "accepted"; readonly id: number }
  | { readonly kind: "partlyAccepted"; readonly id: number; readonly acceptedChars: number }
  /** The user types what is shown. */
  | { readonly kind: "typedThrough" }
  /** The ghost text no longer belongs to the document. */
  | { readonly kind: "gone" };

const autoClosed = new Set(["()", "[]", "{}", "<>", '""', "''", "``"]);

/** Follows one ghost text through the document's changes, because the editor does not tell what becomes of it. */
export class GhostFollower {
  #ghost: ShownGhost | undefined;
  /** What of a candidate stands in the document by now. */
  #taken = "";

  show(ghost: ShownGhost): void {
    this.#ghost = ghost;
    this.#taken = "";
  }

  clear(): void {
    this.#ghost = undefined;
  }

  get ghost(): ShownGhost | undefined {
    return this.#ghost;
  }

  /** @param byCommand true while a command that accepts a part is running: then one character counts as accepted too. */
  changed(uri: string, edit: DocumentEdit, byCommand: boolean): GhostChange {
    const ghost = this.#ghost;
    if (!ghost || ghost.uri !== uri) return { kind: "gone" };
    const inserted = textAtCursor(ghost, edit, this.#taken);
    const match = inserted && ghost.candidates.find(({ text }) => text.startsWith(this.#taken + inserted));
    if (!inserted || !match) {
      this.#ghost = undefined;
      return { kind: "gone" };
    }
    this.#taken += inserted;
    const rest = match.text.length - this.#taken.length;
    const typed = !byCommand && ([...inserted].length === 1 || autoClosed.has(inserted));
    if (rest === 0) this.#ghost = undefined;
    if (typed) return { kind: "typedThrough" };
    if (rest <= match.replaceRight) {
      this.#ghost = undefined;
      return { kind: "accepted", id: match.id };
    }
    return { kind: "partlyAccepted", id: match.id, acceptedChars: this.#taken.length };
  }
}

/** What the edit puts behind the cursor, or undefined when it does something else. */
function textAtCursor(ghost: ShownGhost, edit: DocumentEdit, taken: string): string | undefined {
  const lineBreak = taken.lastIndexOf("\n");
  const line = ghost.line + taken.split("\n").length - 1;
  const lineLeft = lineBreak < 0 ? ghost.lineLeft + taken : taken.slice(lineBreak + 1);
  if (edit.line !== line || edit.character > lineLeft.length) return undefined;
  const repeated = lineLeft.slice(edit.character);
  return edit.text.startsWith(repeated) ? edit.text.slice(repeated.length) : undefined;
}
