/**
 * A code block as text that a terminal shows and does not run: lines are joined, because a line end would run them, and
 * control characters go, because shells act on those too (Ctrl-O runs the line in bash).
 */
export function terminalText(code: string): string {
  return code
    .trim()
    .split(/\s*[\r\n\u2028\u2029]+\s*/)
    .map((line) => line.replace(/(?!\t)\p{Cc}/gu, ""))
    .join(" && ");
}
