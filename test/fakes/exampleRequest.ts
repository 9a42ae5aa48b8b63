import type { CompletionEvent, FimRequest } from "../../src/model/modelClient.ts";

export const never = new AbortController().signal;

/** A completion that every fake model knows the answer to. */
export const request: FimRequest = {
  context: [],
  path: "add.py",
  prefix: "def add(a, b):\n    return ",
  suffix: "\n\n\nprint(add(2, 3))\n",
  maxTokens: 8,
  temperature: 0,
  candidates: 1,
  stop: [],
};

/** All that an answer brings. */
export async function text(events: AsyncIterable<CompletionEvent>): Promise<string> {
  let all = "";
  for await (const event of events) if (event.type === "delta") all += event.text;
  return all;
}
