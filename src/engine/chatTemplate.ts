/**
 * The system prompt that a ChatML template writes where a chat has none, as Qwen2.5's does; node-llama-cpp's
 * wrapper for such models leaves it out.
 */
export function defaultSystemPrompt(template: string | undefined): string | undefined {
  return template?.match(/<\|im_start\|>system(?:\\n|\n)([^'"{}<]+)<\|im_end\|>/)?.[1];
}
