import { appendFile, readFile, truncate } from "node:fs/promises";
import type { Candidate } from "../../src/completion/candidates.ts";

/** One line of a predictions file: what the scorer reads, and what explains it. */
export interface Prediction {
  readonly id: string;
  /** Text that would be inserted at the cursor. */
  readonly completion: string;
  /** From the trigger to the text being ready. */
  /** Absent where the model's answer was replayed. */
  readonly latency_ms?: number;
  readonly shown: boolean;
  /** Characters right of the cursor, on its line, that the text overwrites. */
  readonly replace: number;
  /** Probability that the text is right, 0 to 1, where the backend tells token probabilities. */
  readonly confidence?: number;
  /** Why nothing is shown. */
  readonly reason?: string;
  readonly detail?: string;
  readonly tokens?: { readonly prompt?: number; readonly cached?: number; readonly generated?: number };
  readonly stages?: Readonly<Record<string, number>>;
  readonly steps?: readonly string[];
  /** The model's text before post-processing. */
  readonly raw?: string;
  readonly candidates?: readonly Candidate[];
  readonly context_paths?: readonly string[];
  /** Set on shown texts of a language with a grammar. */
  readonly adds_parse_error?: boolean;
  /** Part of `adds_parse_error`: nothing is wrong but the open end. */
  readonly leaves_open?: boolean;
  readonly doubles_bracket?: boolean;
  /** Set on shown texts behind a dot whose receiver's members are all known. */
  readonly unknown_name?: boolean;
  readonly replayed?: boolean;
}

/** The predictions of a file, none when it does not exist yet. */
export async function readPredictions(file: string): Promise<Prediction[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  // A line that an interruption cut off has no line end.
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) await truncate(file, Buffer.byteLength(whole));
  return whole.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Prediction]));
}

export const addPrediction = (file: string, prediction: Prediction): Promise<void> =>
  appendFile(file, `${JSON.stringify(prediction)}\n`);
