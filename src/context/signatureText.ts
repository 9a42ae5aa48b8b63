/** A signature on one line, without what a caller does not need: modifiers, decorators, documentation, bodies. */
export function onOneLine(signature: string): string {
  return signature
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*(?:\/\/|#(?!\[)).*$/gm, "")
    .replace(/^\s*(?:@[\w.]+(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?|#\[[^\]]*\])\s*/gm, "")
    .replace(/\s+/g, " ")
    .trim()
    .replace(
      /^(?:(?:export|default|declare|public|protected|private|static|final|abstract|override|async|pub(?:\([\w:]+\))?|synchronized|virtual|readonly|get|set)\s+)+(?=\S)/,
      "",
    )
    .replace(/^(?:def|func|fn|function)\s+(?:\([^)]*\)\s*)?/, "")
    .replace(/\((?:self|cls|&self|&mut self|mut self)(?:,\s*|(?=\)))/, "(")
    .replace(/[\s:;{]+$/, "");
}
