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
  secretPatterns,
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
      }
      if (masked === line) continue;
      lines[index] = masked;
      changed = true;
    }
    return changed ? lines.join("\n") : text;
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
  masked = masked.replace(secretAssignment, (whole, value: string) =>
    harmlessValue.test(value) ? whole : whole.replace(value, secretMask),
  );
  const bare = bareSecretAssignment.exec(masked)?.[1];
  if (bare !== undefined && !harmlessValue.test(bare)) masked = masked.replace(bare, secretMask);
  if (hexSecretName.test(line)) masked = masked.replace(hexRun, secretMask);
  return masked.replace(randomRun, (run) => (looksRandom(run) ? secretMask : run));
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
