import type { ScrollPosition } from "../../src/chat/protocol.ts";

/** In pixels: what is nearer to the end counts as the end. */
const nearEnd = 40;

/** How long the conversation stands still until its position is told, in milliseconds. */
const settledMs = 100;

/**
 * Where the reader is in the conversation: at a piece of text, whatever height what stands above it gets, or at the
 * end, which is followed. Stays there when the view gets another size, another width or other chips beneath.
 */
export class Reading {
  readonly #list: HTMLElement;
  readonly #onSettled: (at: ScrollPosition | undefined) => void;
  readonly #sizes = new ResizeObserver(() => this.hold());
  /** Undefined at the end. */
  #at: ScrollPosition | undefined;
  #told = "";
  #settling: ReturnType<typeof setTimeout> | undefined;

  /** @param onSettled told where the reader is whenever that has changed. */
  constructor(list: HTMLElement, onSettled: (at: ScrollPosition | undefined) => void) {
    this.#list = list;
    this.#onSettled = onSettled;
    this.#sizes.observe(list);
    // The browser tells of a position that a new size has brought about after it has told of the size.
    list.addEventListener("scroll", () => this.#look());
  }

  /** Follows the size of a turn. */
  watch(turn: HTMLElement): void {
    this.#sizes.observe(turn);
  }

  unwatch(turn: HTMLElement): void {
    this.#sizes.unobserve(turn);
  }

  /** Brings the reader to a place that was told before, to the end without one. */
  restore(at: ScrollPosition | undefined): void {
    clearTimeout(this.#settling);
    this.#settling = undefined;
    this.#at = at && this.#pieceAt(at) ? at : undefined;
    this.#told = JSON.stringify(this.#at) ?? "";
    this.#list.scrollTop = 0;
    this.hold();
  }

  /** Brings the reader to the end. */
  follow(): void {
    this.#at = undefined;
    this.hold();
    this.#settle();
  }

  /** Keeps the reader where he is after what is drawn has changed. */
  hold(): void {
    const list = this.#list;
    // What stands there while there is nothing to read is read from its beginning.
    if (!list.querySelector(":scope > [data-turn]")) return;
    if (!this.#at) {
      list.scrollTop = list.scrollHeight;
      return;
    }
    const piece = this.#pieceAt(this.#at);
    if (!piece) return;
    const by = this.#below(piece).top + this.#at.offset;
    // Setting a position ends a scrolling that is under way.
    if (Math.abs(by) >= 1) list.scrollTop += by;
  }

  #look(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    // A view that is not laid out yet has no place.
    if (clientHeight === 0) return;
    this.#at = scrollHeight - scrollTop - clientHeight < nearEnd ? undefined : this.#topmost();
    this.#settle();
  }

  #topmost(): ScrollPosition | undefined {
    for (const turn of this.#list.children) {
      const turnId = (turn as HTMLElement).dataset["turn"];
      if (turnId === undefined || this.#below(turn).bottom <= 0) continue;
      for (const [piece, part] of piecesOf(turn).entries()) {
        const { top, bottom } = this.#below(part);
        if (bottom > 0) return { turnId, piece, offset: -top };
      }
    }
    return undefined;
  }

  #pieceAt({ turnId, piece }: ScrollPosition): Element | undefined {
    const turn = this.#list.querySelector(`:scope > [data-turn="${CSS.escape(turnId)}"]`);
    return turn ? piecesOf(turn)[piece] : undefined;
  }

  /** How far an element is below the upper edge of what is seen. */
  #below(element: Element): { top: number; bottom: number } {
    const edge = this.#list.getBoundingClientRect().top;
    const { top, bottom } = element.getBoundingClientRect();
    return { top: top - edge, bottom: bottom - edge };
  }

  /** Tells at once, and again when the conversation has stood still: the view may be gone the next moment. */
  #settle(): void {
    if (this.#settling === undefined) this.#tell();
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      this.#tell();
    }, settledMs);
  }

  #tell(): void {
    const now = JSON.stringify(this.#at) ?? "";
    if (now === this.#told) return;
    this.#told = now;
    this.#onSettled(this.#at);
  }
}

/** The paragraphs, code blocks and the like of a turn. What the user wrote is one piece. */
function piecesOf(turn: Element): readonly Element[] {
  const blocks = turn.querySelectorAll(":scope > .body > *");
  return [...(blocks.length > 0 ? blocks : turn.querySelectorAll(":scope > .body"))].concat(
    ...turn.querySelectorAll(":scope > .after"),
  );
}
