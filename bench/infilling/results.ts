import { appendFile, readFile } from "node:fs/promises";
import type { Prediction } from "../eval/predictions.ts";
import type { InfillingTask } from "./tasks.ts";

/** One line of the results file. */
export interface InfillingResult {
  readonly id: string;
  readonly passed: boolean;
}

export async function readResults(file: string): Promise<InfillingResult[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as InfillingResult]));
}

export function addResult(file: string, result: InfillingResult): Promise<void> {
  return appendFile(file, `${JSON.stringify(result)}\n`);
}

/** A table of pass@1 by part of the benchmark. */
export function infillingTable(
  tasks: readonly InfillingTask[],
  predictions: readonly Prediction[],
  results: readonly InfillingResult[],
): string {
  const passed = new Map(results.map(({ id, passed }) => [id, passed]));
  const shown = new Map(predictions.map((each) => [each.id, each.shown]));
  const done = tasks.filter(({ hole }) => passed.has(hole.id));
  const parts = [...new Set(done.map(({ part }) => part))];
  const line = (name: string, group: readonly InfillingTask[]): string => {
    const share = (holds: (id: string) => boolean | undefined): string =>
      ((100 * group.filter(({ hole }) => holds(hole.id)).length) / Math.max(1, group.length)).toFixed(1);
    const cells = [String(group.length), share((id) => shown.get(id)), share((id) => passed.get(id))];
    return name.padEnd(24) + cells.map((cell) => cell.padStart(12)).join("");
  };
  return [
    "".padEnd(24) + ["tasks", "answered %", "pass@1 %"].map((title) => title.padStart(12)).join(""),
    line("all", done),
    ...(parts.length > 1
      ? parts.map((part) =>
          line(
            part,
            done.filter((task) => task.part === part),
          ),
        )
      : []),
  ].join("\n");
}
