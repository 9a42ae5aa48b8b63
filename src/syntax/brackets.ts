const closerOf: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const closers = new Set(Object.values(closerOf));

/**
 * The closers, innermost first, of the brackets that `text` opens and leaves open; of an open quote too. A scan of
 * characters that knows strings with one quote and their escapes, good for a line or a candidate, not for a file.
 */
export function openClosers(text: string, from = 0): string {
  return scan(text)
    .open.filter((each) => each.at >= from)
    .map((each) => each.closer)
    .reverse()
    .join("");
}

/** Offset of the quote that is open at the end of `line`, or undefined where none is. */
export function openQuoteAt(line: string): number | undefined {
  let open: number | undefined;
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i);
    if (char === "\\") i++;
    else if (open !== undefined) open = char === line.charAt(open) ? undefined : open;
    else if (char === '"' || char === "`" || (char === "'" && !noQuoteAfter.test(line.slice(0, i)))) open = i;
  }
  return open;
}

/** That quote, empty where none is open. */
export function openQuote(line: string): string {
  return line.charAt(openQuoteAt(line) ?? line.length);
}

/** An apostrophe after a letter or digit is a possessive or a digit separator, and `'a` in Rust a lifetime. */
const noQuoteAfter = /[\w&<]$|\+\s*$/;

/** Whether `text` closes all that it opens and nothing else. */
export function isBalanced(text: string): boolean {
  const { open, strays } = scan(text);
  return open.length === 0 && strays === 0;
}

/** What `text` leaves open, and how many closers in it have nothing to close. */
function scan(text: string): { open: readonly { closer: string; at: number }[]; strays: number } {
  const open: { closer: string; at: number }[] = [];
  let quote = "";
  let strays = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (quote) {
      if (char === "\\") i++;
      else if (char === quote || (char === "\n" && quote !== "`")) {
        quote = "";
        open.pop();
      }
    } else if (isQuote(text, i)) {
      quote = char;
      open.push({ closer: char, at: i });
    } else if (closerOf[char]) open.push({ closer: closerOf[char], at: i });
    else if (char === open.at(-1)?.closer) open.pop();
    else if (closers.has(char)) strays++;
  }
  return { open, strays };
}

function isQuote(text: string, at: number): boolean {
  const char = text.charAt(at);
  if (char === '"' || char === "`") return true;
  if (char !== "'" || noQuoteAfter.test(text.slice(Math.max(0, at - 8), at))) return false;
  return text.indexOf("'", at + 1) !== -1 || !/^'\w+(?:[>,) ]|$)/.test(text.slice(at));
}
