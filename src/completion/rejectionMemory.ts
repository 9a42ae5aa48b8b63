const capacity = 200;

/**
 * What the user dismissed, and where, so that it is not offered there again. A place is the line above and the line
 * itself as it would read, so typing a few characters on does not bring the same text back.
 */
export class RejectionMemory {
  readonly #keys = new Set<string>();

  add(uri: string, prefix: string, text: string): void {
    const key = keyOf(uri, prefix, text);
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size <= capacity) return;
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest);
      break;
    }
  }

  has(uri: string, prefix: string, text: string): boolean {
    return this.#keys.size > 0 && this.#keys.has(keyOf(uri, prefix, text));
  }

  /** The user took such a text after all. */
  forget(uri: string, prefix: string, text: string): void {
    this.#keys.delete(keyOf(uri, prefix, text));
  }
}

function keyOf(uri: string, prefix: string, text: string): string {
  const recent = prefix.slice(-1_000);
  const lineStart = recent.lastIndexOf("\n") + 1;
  const above = recent.slice(0, lineStart).trimEnd();
  const lineAbove = above.slice(above.lastIndexOf("\n") + 1).trim();
  const first = `${recent.slice(lineStart)}${text}`.split("\n").find((line) => line.trim() !== "") ?? "";
  // With and without its semicolon it is the same text.
  const said = first.replace(/\s+/g, " ").replace(/[\s;,]+$/, "");
  return [uri, lineAbove, said.trim()].join("\0");
}
