const capacity = 200;

/**
 * What the user dismissed, and where, so that it is not offered there again. A place is the line above and the line
 * itself as it would read, so typing a few characters on does not bring the same text back.
 */
export class RejectionMemory {
  readonly #keys = new Set<string>();
  /** Those of which only a beginning was dismissed. */
  readonly #beginnings = new Set<string>();

  /** @param isPart the line was still being written, so that what goes on with it is not wanted either. */
  add(uri: string, prefix: string, text: string, isPart = false): void {
    const key = keyOf(uri, prefix, text);
    if (isPart) this.#beginnings.add(key);
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size <= capacity) return;
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest);
      this.#beginnings.delete(oldest);
      break;
    }
  }

  /** @param isPart of `text` more would come, which may be what was dismissed. */
  has(uri: string, prefix: string, text: string, isPart = false): boolean {
    if (this.#keys.size === 0) return false;
    const key = keyOf(uri, prefix, text);
    if (this.#keys.has(key) || [...this.#beginnings].some((each) => key.startsWith(each))) return true;
    return isPart && [...this.#keys].some((each) => each.startsWith(key));
  }

  /** The user took such a text after all. */
  forget(uri: string, prefix: string, text: string): void {
    const key = keyOf(uri, prefix, text);
    this.#keys.delete(key);
    this.#beginnings.delete(key);
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
