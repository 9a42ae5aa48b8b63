import { openQuote } from "../syntax/brackets.ts";
import {
  bareSecretAssignment,
  entropyFloorBitsPerCharacter,
  harmlessValue,
  hexRun,
  hexSecretName,
  privateKeyBegin,
  privateKeyEnd,
  randomRun,
  secretAssignment,
  secretNameAtEnd,
  secretPatterns,
  valueAtStart,
} from "./secretPatterns.ts";

export const secretMask = "REDACTED";
const remembered = 4_000;

/**
 * Masks secrets line by line and remembers the answer per line, so that a keystroke costs one scanned line.
 * A text that holds none comes back as it is.
 */
export class SecretScan {
  readonly #masked = new Map<string, string>();

  mask(text: string): string {
    let insideKey = false;
    let changed = false;
    const lines = text.split("\n");
    for (const [index, line] of lines.entries()) {
      let masked = line;
      if (insideKey) {
        insideKey = !privateKeyEnd.test(line);
        masked = insideKey && line.trim() !== "" ? secretMask : line;
      } else if (line.length >= 8) {
        masked = this.#maskLine(line);
        insideKey = line.includes("-----BEGIN ") && privateKeyBegin.test(line) && !privateKeyEnd.test(line);
        if (valueAtStart.test(line) && secretNameAtEnd.test(lines[index - 1] ?? ""))
          masked = masked.replace(valueAtStart, withoutValue);
      }
      if (masked === line) continue;
      lines[index] = masked;
      changed = true;
    }
    return changed ? lines.join("\n") : text;
  }

  /** The same on both sides of a cursor, which may stand in a secret, also in one whose quote is still open. */
  maskAround(prefix: string, suffix: string): { readonly prefix: string; readonly suffix: string } {
    const lineEnd = suffix.indexOf("\n");
    const right = lineEnd < 0 ? suffix : suffix.slice(0, lineEnd);
    const left = prefix.slice(prefix.lastIndexOf("\n") + 1);
    const quote = openQuote(left + right);
    const lines = this.mask(prefix + right + quote + suffix.slice(right.length)).split("\n");
    const row = prefix.split("\n").length - 1;
    const [before, after] = halvesOf(lines[row] ?? "", left + right + quote, left.length);
    const unquoted = after.slice(0, after.length - quote.length);
    return {
      prefix: [...lines.slice(0, row), before].join("\n"),
      suffix: [unquoted, ...lines.slice(row + 1)].join("\n"),
    };
  }

  #maskLine(line: string): string {
    const known = this.#masked.get(line);
    if (known !== undefined) return known;
    if (this.#masked.size >= remembered) this.#masked.clear();
    const masked = maskLine(line);
    this.#masked.set(line, masked);
    return masked;
  }
}

function maskLine(line: string): string {
  let masked = line;
  for (const { pattern } of secretPatterns) masked = masked.replace(pattern, secretMask);
  masked = masked.replace(
    /-----BEGIN [A-Z ]*PRIVATE KEY[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
    secretMask,
  );
  masked = masked.replace(secretAssignment, withoutValue);
  const bare = bareSecretAssignment.exec(masked)?.[1];
  if (bare !== undefined && !harmlessValue.test(bare)) masked = masked.replace(bare, secretMask);
  if (hexSecretName.test(line)) masked = masked.replace(hexRun, secretMask);
  return masked.replace(randomRun, (run) => (looksRandom(run) ? secretMask : run));
}

function withoutValue(whole: string, value: string): string {
  return harmlessValue.test(value) ? whole : whole.replace(value, () => secretMask);
}

function looksRandom(run: string): boolean {
  if (!/[0-9]/.test(run) || !/[a-z]/.test(run) || !/[A-Z]/.test(run)) return false;
  return entropy(run) >= entropyFloorBitsPerCharacter;
}

/** Shannon entropy in bits per character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

const masks = new RegExp(`(?:${secretMask})+`, "g");

/** The parts of `masked` left and right of what stands at `at` in `line`; a mask that is cut goes to the left. */
function halvesOf(masked: string, line: string, at: number): [string, string] {
  let [from, read] = [0, 0];
  for (const mask of masked.matchAll(masks)) {
    const start = read + mask.index - from;
    if (start >= at || line.startsWith(mask[0], start)) continue;
    from = mask.index + mask[0].length;
    const next = masked.slice(from).search(masks);
    const kept = masked.slice(from, next < 0 ? undefined : from + next);
    read = kept === "" ? line.length : line.indexOf(kept, start + 1);
    if (read > at || read < 0) return [masked.slice(0, from), masked.slice(from)];
  }
  const cut = from + at - read;
  return [masked.slice(0, cut), masked.slice(cut)];
}
