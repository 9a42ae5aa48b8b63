import type { FimRequest } from "../model/modelClient.ts";

/** Whether the model reads the same for both. */
export function isSamePrompt(one: FimRequest, other: FimRequest): boolean {
  return (
    one.prefix === other.prefix &&
    one.suffix === other.suffix &&
    one.path === other.path &&
    one.context.length === other.context.length &&
    one.context.every(
      ({ path, text }, i) => other.context[i]?.path === path && other.context[i]?.text === text,
    )
  );
}
