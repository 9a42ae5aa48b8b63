/**
 * A code block as text that may be pasted into a terminal: its lines as they are, so that comments, strings over several
 * lines and here documents keep their meaning, but without the end of the last, which would run it, and without control
 * characters, on which shells and terminals act (Ctrl-O runs the line in bash, an escape sequence ends a paste).
 */
export function terminalText(code: string): string {
  return code
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, "\n")
    .replace(/(?![\t\n])\p{Cc}/gu, "")
    .replace(/^(?:[\t ]*\n)+/, "")
    .trimEnd();
}
