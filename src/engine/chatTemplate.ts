import type { ChatTurn } from "./modelRuntime.ts";

/**
 * The system prompt that a ChatML template writes where a chat has none, as Qwen2.5's does; node-llama-cpp's
 * wrapper for such models leaves it out.
 */
export function defaultSystemPrompt(template: string | undefined): string | undefined {
  return template?.match(/<\|im_start\|>system(?:\\n|\n)([^'"{}<]+)<\|im_end\|>/)?.[1];
}

/** The turns with a system turn in front where the template has one of its own and the turns have none. */
export function withDefaultSystem(
  turns: readonly ChatTurn[],
  template: string | undefined,
): readonly ChatTurn[] {
  const content = defaultSystemPrompt(template);
  return content === undefined || turns[0]?.role === "system"
    ? turns
    : [{ role: "system", content }, ...turns];
}

/** The turns as node-llama-cpp wants a chat's history, with the answer begun. */
export function chatHistory(turns: readonly ChatTurn[], template: string | undefined) {
  const history = withDefaultSystem(turns, template).map(({ role, content }) =>
    role === "assistant" ? { type: "model" as const, response: [content] } : { type: role, text: content },
  );
  return [...history, { type: "model" as const, response: [] }];
}

/** Those of node-llama-cpp's stop triggers that are plain texts. */
export function stopTexts(triggers: readonly { readonly values: readonly unknown[] }[]): string[] {
  return triggers.flatMap(({ values }) =>
    values.every((value) => typeof value === "string") ? [values.join("")] : [],
  );
}
