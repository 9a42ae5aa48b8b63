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
