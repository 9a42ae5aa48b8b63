const hashComments = new Set([
  "python",
  "ruby",
  "shellscript",
  "yaml",
  "toml",
  "makefile",
  "dockerfile",
  "perl",
  "r",
  "elixir",
  "powershell",
  "julia",
  "coffeescript",
  "nim",
  "gdscript",
  "ini",
  "properties",
  "cmake",
]);
const dashComments = new Set(["lua", "sql", "haskell", "elm", "ada", "vhdl"]);
const semicolonComments = new Set(["clojure", "lisp", "scheme"]);
const prose = new Set(["markdown", "plaintext", "latex", "restructuredtext", "asciidoc"]);

/** The text that starts a line comment, or undefined where the language has none. */
export function lineCommentOf(languageId: string): string | undefined {
  if (hashComments.has(languageId)) return "#";
  if (dashComments.has(languageId)) return "--";
  if (semicolonComments.has(languageId)) return ";";
  if (prose.has(languageId) || languageId === "html" || languageId === "xml" || languageId === "css")
    return undefined;
  return "//";
}

/** A quick look at the cursor's line and at the last block comment mark; a parser knows better where there is one. */
export function isInComment(languageId: string, prefix: string): boolean {
  const marker = lineCommentOf(languageId);
  const line = prefix.slice(prefix.lastIndexOf("\n") + 1);
  if (marker && outsideStrings(line, marker) >= 0) return true;
  if (marker === "#" || prose.has(languageId)) return false;
  const near = prefix.slice(-4_000);
  const open = near.lastIndexOf("/*");
  return open >= 0 && near.lastIndexOf("*/") < open && marker === "//" && startsComment(near, open);
}

/** Whether a quote is open at the end of the cursor's line; a parser knows better where there is one. */
export function isInString(languageId: string, prefix: string): boolean {
  const line = prefix.slice(prefix.lastIndexOf("\n") + 1);
  return !prose.has(languageId) && openQuote(line) !== "";
}

/** Globs such as `src/*` stand in strings; a comment stands at the start of a line or after a blank. */
function startsComment(text: string, at: number): boolean {
  const before = text.slice(text.lastIndexOf("\n", at) + 1, at);
  return /(?:^|[\s;{}(),])$/.test(before) && (before.match(/["'`]/g)?.length ?? 0) % 2 === 0;
}

/** Index of `marker` in `line` outside of quotes, -1 when there is none. */
function outsideStrings(line: string, marker: string): number {
  for (const { index, quote } of walk(line)) if (quote === "" && line.startsWith(marker, index)) return index;
  return -1;
}

function openQuote(line: string): string {
  let last = "";
  for (const { quote } of walk(line)) last = quote;
  return last;
}

/** Each character's index, with the quote that is open behind it. */
function* walk(line: string): Generator<{ readonly index: number; readonly quote: string }> {
  let quote = "";
  for (let index = 0; index < line.length; index++) {
    const character = line[index] ?? "";
    if (quote) {
      if (character === "\\") index++;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'" || character === "`") quote = character;
    yield { index, quote };
  }
}
