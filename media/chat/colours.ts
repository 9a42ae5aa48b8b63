import hljs from "highlight.js/lib/common";

/** The highlighter's HTML for the beginning of a block of code. */
export interface Coloured {
  readonly language: string;
  readonly code: string;
  readonly html: string;
}

/** In characters. The highlighter holds up the page; what comes behind stays without colours. */
const mostColoured = 10_000;

/** The highlighter's time grows with the square of a word's length. */
const longWord = /\S{200}/;

/** Shorter code is coloured in no time. */
const little = 1000;

/**
 * @param before what the same block got when it was shorter. It is given again until a fifth has been added, so that
 * a block that grows is coloured a few times and not with each token.
 * @returns undefined for a language that is not known.
 */
export function colour(code: string, language: string, before?: Coloured): Coloured | undefined {
  if (!language || !hljs.getLanguage(language)) return undefined;
  const head = colourable(code);
  if (before?.language === language && head.startsWith(before.code)) {
    const added = head.length - before.code.length;
    if (added === 0 || (head.length > little && added < before.code.length / 5)) return before;
  }
  const html = hljs.highlight(head, { language, ignoreIllegals: true }).value;
  return { language, code: head, html };
}

/** The beginning of `code` that gets colours at all. */
export function colourable(code: string): string {
  const start = code.slice(0, mostColoured);
  const end = start.search(longWord);
  return end < 0 ? start : start.slice(0, end);
}
