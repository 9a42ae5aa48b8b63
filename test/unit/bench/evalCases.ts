import type { EvalCase } from "../../../bench/eval/cases.ts";
import type { Prediction } from "../../../bench/eval/predictions.ts";

export function evalCase(over: Partial<EvalCase> = {}): EvalCase {
  return {
    id: "a",
    kind: "line_end",
    language: "typescript",
    repo: "r",
    path: "src/a.ts",
    workspace: "w",
    prefix: "const a = foo(",
    suffix: ")\n",
    truth_line: "first, second",
    truth_block: "first, second",
    ...over,
  };
}

export function prediction(over: Partial<Prediction> = {}): Prediction {
  return { id: "a", completion: "first, second", latency_ms: 10, shown: true, replace: 0, ...over };
}
