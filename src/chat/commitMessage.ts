/**
 * A model's answer as the text of a commit: without the fence, the label or the quotes that models put round it, with a
 * blank line between subject and body.
 */
export function commitMessageText(answer: string): string {
  const fenced = /^\s*```[\w-]*\n([\s\S]*?)(?:\n```[\s\S]*)?$/.exec(answer)?.[1] ?? answer;
  const text = fenced
    .trim()
    .replace(/^(?:\*\*)?commit message:?(?:\*\*)?:?\s*/i, "")
    .replace(/^subject:\s*/i, "")
    .replace(/^(["'`])([^\n]*)\1$/, "$2");
  const [subject = "", ...body] = text.split("\n");
  const rest = body.join("\n").trim();
  return rest ? `${subject.trim()}\n\n${rest}` : subject.trim();
}
