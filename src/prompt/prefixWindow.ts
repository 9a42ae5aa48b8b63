/** Share of the largest window that is kept when it is placed anew, so that many keys fit before the next time. */
const freshShare = 0.65;

/** Files whose window is remembered, so that one that is shown again begins where its KV cache does. */
const mostFiles = 12;

interface Anchor {
  readonly line: number;
  /** The anchored line itself: when it reads differently, lines were inserted or removed above. */
  readonly text: string;
  readonly limit: number;
}

/**
 * The part of the file left of the cursor that enters the prompt. Its start stays on one line while the user types
 * (a start that slides would evaluate everything again) and is placed anew only when the window has grown over its
 * limit, the cursor has gone above it, or the file has changed there.
 */
export class PrefixWindow {
  /** By URI, the one that was used last at the end. */
  readonly #anchors = new Map<string, Anchor>();
  /** How often the start was placed anew. */
  moves = 0;

  /** @param limit largest size in characters, read only when the window is placed anew. */
  cut(document: { uri: string; prefix: string; position: { line: number } }, limit: () => number): string {
    const held = this.#held(document);
    if (held !== undefined) return held;
    return this.#place(document, limit());
  }

  forget(): void {
    this.#anchors.clear();
  }

  #held({
    uri,
    prefix,
    position,
  }: {
    uri: string;
    prefix: string;
    position: { line: number };
  }): string | undefined {
    const anchor = this.#anchors.get(uri);
    if (!anchor || anchor.line > position.line) return undefined;
    let start = prefix.length;
    for (let line = position.line; line >= anchor.line; line--) {
      if (start < 0 || prefix.length - start > anchor.limit) return undefined;
      start = prefix.lastIndexOf("\n", start - 1);
      if (start < 0 && line > anchor.line) return undefined;
    }
    const window = prefix.slice(start + 1);
    if (window.length > anchor.limit || !sameLine(window, anchor.text)) return undefined;
    this.#keep(uri, anchor);
    return window;
  }

  #place(
    { uri, prefix, position }: { uri: string; prefix: string; position: { line: number } },
    limit: number,
  ): string {
    this.moves++;
    const start =
      prefix.length <= limit ? 0 : niceStart(prefix, prefix.length - Math.floor(limit * freshShare));
    const window = prefix.slice(start);
    const firstBreak = window.indexOf("\n");
    this.#keep(uri, {
      line: position.line - (window.split("\n").length - 1),
      text: firstBreak < 0 ? "" : window.slice(0, firstBreak + 1),
      limit,
    });
    return window;
  }

  #keep(uri: string, anchor: Anchor): void {
    this.#anchors.delete(uri);
    this.#anchors.set(uri, anchor);
    const [oldest] = this.#anchors.keys();
    if (this.#anchors.size > mostFiles && oldest !== undefined) this.#anchors.delete(oldest);
  }
}

/** The anchored line is compared only once it was complete; the user may be typing in it. */
function sameLine(window: string, text: string): boolean {
  return window.startsWith(text);
}

/** The first line start at or after `from`, preferably after a blank line; `from` itself within a single huge line. */
function niceStart(prefix: string, from: number): number {
  const blank = prefix.indexOf("\n\n", from);
  if (blank >= 0 && blank - from < (prefix.length - from) / 4) return blank + 2;
  const line = prefix.indexOf("\n", from);
  if (line >= 0 && line + 1 < prefix.length) return line + 1;
  return isLowSurrogate(prefix.charCodeAt(from)) ? from + 1 : from;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
