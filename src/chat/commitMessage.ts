import type { CompletionEvent } from "../model/modelClient.ts";

/**
 * Writes the message that an answer holds into `box` while it comes. What stood there is put back when it is cancelled,
 * fails or holds none; what the user types meanwhile stays, and the answer is given up.
 * @throws what the answer throws.
 */
export async function writeMessage(
  box: { value: string },
  answer: AsyncIterable<CompletionEvent>,
): Promise<void> {
  const before = box.value;
  let own = before;
  let isWritten = false;
  try {
    let text = "";
    for await (const event of answer) {
      if (box.value !== own) return;
      if (event.type === "done") {
        isWritten = event.finishReason !== "cancelled" && own.trim() !== "";
        return;
      }
      text += event.text;
      box.value = commitMessageText(text);
      own = box.value;
    }
  } finally {
    if (!isWritten && box.value === own) box.value = before;
  }
}

/**
 * A model's answer as the text of a commit: without the prose, the fence, the label or the quotes that models put round
 * it, with a blank line between subject and body.
 */
export function commitMessageText(answer: string): string {
  const fenced = /^[ \t]*```[\w-]*[ \t]*\n([\s\S]*?)(?:^[ \t]*```|$(?![\s\S]))/m.exec(answer)?.[1] ?? answer;
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
