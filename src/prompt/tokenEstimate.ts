/** Runs of one kind, short enough that a text can be cut between them; hashes and keys are judged in {@link tokensOf}. */
const word = "[A-Z]{1,32}(?![a-z])|[A-Z]?[a-z]{1,32}";
const near = "\\p{Script=Latin}\\p{Script=Cyrillic}\\p{Script=Arabic}\\p{Script=Hebrew}";
const eastern = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}";
const kinds = `[0-9]{1,32}|${word}|\\s{1,32}|[!-/:-@[-\`{-~]{1,32}|[${near}]{1,32}|[${eastern}]{1,32}|.`;
const pieces = new RegExp(kinds, "gsu");
const piecesAndRuns = new RegExp(`[A-Za-z0-9+/=-]{16,64}|${kinds}`, "gsu");

const [isNear, isEastern] = [new RegExp(`^[${near}]`, "u"), new RegExp(`^[${eastern}]`, "u")];

/** Tokens of a run of one kind, on the safe side of what Qwen2.5-Coder's vocabulary takes; the test holds its counts. */
function tokensOfRun(run: string): number {
  const { length } = run;
  if (/^[0-9]/.test(run)) return length;
  if (/^[A-Za-z]/.test(run)) return Math.max(1, 0.3 + length * 0.2);
  // A single space belongs to the word behind it.
  if (/^\s/.test(run)) return run === " " ? 0.2 : 1 + length / 80;
  if (/^[!-~]/.test(run)) return Math.max(1, length * 0.65);
  if (isNear.test(run)) return length * 0.5;
  if (isEastern.test(run)) return length * 0.75;
  return length * 1.3;
}

function tokensOf(piece: string): number {
  // Chance, of which hashes and keys are made, has no words.
  const isChance = piece.length >= 16 && /[A-Za-z]/.test(piece) && piece.replace(/[^0-9]/g, "").length >= 3;
  if (isChance) return piece.length * 0.9;
  let tokens = 0;
  for (const [run] of piece.matchAll(pieces)) tokens += tokensOfRun(run);
  return tokens;
}

/** An estimate that errs to the high side; exact counts need the model's tokenizer. */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(piecesAndRuns)) tokens += tokensOf(piece);
  // Sums of fractions come out a trifle too large.
  return Math.max(0, Math.ceil(tokens - 1e-6));
}

/** The beginning of `text` that costs at most `tokens`, ended at a line where that loses little. */
export function cutToTokens(text: string, tokens: number): string {
  let left = tokens;
  let end = 0;
  for (const [piece] of text.matchAll(piecesAndRuns)) {
    left -= tokensOf(piece);
    if (left < 0) break;
    end += piece.length;
  }
  if (end === text.length) return text;
  const cut = text.slice(0, end);
  const lastLine = cut.lastIndexOf("\n");
  return lastLine > end / 2 ? cut.slice(0, lastLine) : cut;
}
