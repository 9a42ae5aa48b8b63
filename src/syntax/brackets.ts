const closerOf: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/**
 * The closers, innermost first, of the brackets that `text` opens and leaves open; of an open quote too. A scan of
 * characters that knows strings with one quote and their escapes, good for a line or a candidate, not for a file.
 */
export function openClosers(text: string, from = 0): string {
  const open: { closer: string; at: number }[] = [];
  let quote = "";
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
  }
  return open
    .filter((each) => each.at >= from)
    .map((each) => each.closer)
    .reverse()
    .join("");
}

/** An apostrophe after a letter or digit is a possessive or a digit separator, and `'a` in Rust a lifetime. */
function isQuote(text: string, at: number): boolean {
  const char = text.charAt(at);
  if (char === '"' || char === "`") return true;
  if (char !== "'" || /[\w&<]/.test(text.charAt(at - 1))) return false;
  return text.indexOf("'", at + 1) !== -1 || !/^'\w+(?:[>,) ]|$)/.test(text.slice(at));
}
