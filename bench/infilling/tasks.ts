import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import type { EvalCase } from "../eval/cases.ts";

/** A hole in a Python function and the test that the filled one has to pass. */
export interface InfillingTask {
  readonly hole: EvalCase;
  /** The part of the benchmark, such as `SingleLineInfilling`. */
  readonly part: string;
  /** The test as a program, with `completion` in the hole. */
  program(completion: string): string;
}

/** A line of a HumanEval-Infilling file (Bavarian et al., 2022, arXiv 2207.14255; field names are that format's). */
interface Row {
  readonly task_id: string;
  readonly prompt: string;
  readonly suffix: string;
  readonly canonical_solution: string;
  readonly test: string;
  readonly entry_point: string;
}

const fields = ["task_id", "prompt", "suffix", "canonical_solution", "test", "entry_point"] as const;

/**
 * Reads a file of the benchmark, JSON lines, gzipped or not.
 * @throws {Error} which names the line that is not of the form.
 */
export async function readTasks(file: string): Promise<InfillingTask[]> {
  const bytes = await readFile(file);
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString("utf8");
  return text
    .split("\n")
    .flatMap((line, index) => (line.trim() === "" ? [] : [taskOf(rowOf(line, `${file}:${index + 1}`))]));
}

function rowOf(line: string, place: string): Row {
  const row: Partial<Record<string, unknown>> = JSON.parse(line);
  const missing = fields.find((field) => typeof row[field] !== "string");
  if (missing !== undefined) throw new Error(`${place}: the field ${missing} is missing or no text.`);
  return row as unknown as Row;
}

function taskOf({ task_id, prompt, suffix, canonical_solution, test, entry_point }: Row): InfillingTask {
  // Whole lines are missing: in an editor the cursor would stand on an empty one.
  const isWholeLines = canonical_solution.endsWith("\n") && (prompt === "" || prompt.endsWith("\n"));
  const behind = isWholeLines ? `\n${suffix}` : suffix;
  const truth = isWholeLines ? canonical_solution.slice(0, -1) : canonical_solution;
  const hole: EvalCase = {
    id: task_id,
    kind: truth.includes("\n") ? "block" : "line_end",
    language: "python",
    repo: "HumanEval-Infilling",
    path: "solution.py",
    workspace: task_id,
    prefix: prompt,
    suffix: behind,
    truth_line: truth.split("\n", 1)[0] ?? "",
    truth_block: truth,
  };
  return {
    hole,
    part: task_id.split("/", 1)[0] ?? "",
    program: (completion) => `${prompt}${completion}${behind}\n${test}\ncheck(${entry_point})\n`,
  };
}
