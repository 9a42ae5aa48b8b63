/**
 * A model's answer as the text of a commit: without the prose, the fence, the label or the quotes that models put round
 * it, with a blank line between subject and body.
 */
export function commitMessageText(answer: string): string {
  const fenced = /^[ \t]*```[\w-]*[ \t]*\n([\s\S]*?)(?:\n[ \t]*```|$(?![\s\S]))/m.exec(answer)?.[1] ?? answer;
  const text = fenced
    .trim()
    .replace(/^[^\n]*:[ \t]*\n\s*(?=\S)/, "")
    .replace(/^(?:\*\*)?commit message:?(?:\*\*)?:?\s*/i, "")
    .replace(/^subject:\s*/i, "")
    .replace(/^(["'`])([^\n]*)\1$/, "$2");
  const [subject = "", ...body] = text.split("\n");
  const rest = body.join("\n").trim();
  return rest ? `${subject.trim()}\n\n${rest}` : subject.trim();
}
