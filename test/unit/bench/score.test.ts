import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type EvalCase, readSets } from "../../../bench/eval/cases.ts";
import type { Prediction } from "../../../bench/eval/predictions.ts";
import { score } from "../../../bench/eval/score.ts";
import { summarize } from "../../../bench/eval/summary.ts";
import { evalCase, prediction } from "./evalCases.ts";

const marks = (each: EvalCase, completion: string, over: Partial<Prediction> = {}) => {
  const [row] = score([each], [prediction({ completion, ...over })]);
  assert.ok(row);
  return row;
};

describe("score", () => {
  it("takes the right line and refuses a doubled bracket", () => {
    const each = evalCase();
    assert.deepEqual(pick(marks(each, "first, second")), {
      exactLine: true,
      accepted: true,
      nuisance: false,
    });
    assert.deepEqual(pick(marks(each, "first, second)")), {
      exactLine: false,
      accepted: false,
      nuisance: false,
    });
    assert.deepEqual(pick(marks(each, "first, second)", { replace: 1 })), {
      exactLine: true,
      accepted: true,
      nuisance: false,
    });
  });

  it("takes a right beginning of at least eight characters", () => {
    const each = evalCase();
    assert.equal(marks(each, "first, se").accepted, true);
    assert.equal(marks(each, "first").accepted, false);
    assert.equal(marks(each, "first, sxxxxx").accepted, false);
  });

  it("wants half of several lines right in order", () => {
    const each = evalCase({
      prefix: "  ",
      suffix: "\n",
      truth_line: "a();",
      truth_block: "a();\n  b();\n  c();",
    });
    assert.equal(marks(each, "a();\n  b();\n  x();\n  y();").accepted, true);
    assert.equal(marks(each, "a();\n  x();\n  y();").accepted, false);
  });

  it("counts far texts as nuisance and silence as nothing", () => {
    const each = evalCase();
    assert.equal(marks(each, "somethingElse.entirely()").nuisance, true);
    const silent = marks(each, "somethingElse.entirely()", { shown: false });
    assert.deepEqual([silent.shown, silent.nuisance, silent.accepted], [false, false, false]);
    assert.equal(score([each], [])[0]?.shown, false);
  });

  it("knows the identifier that had to come", () => {
    const each = evalCase({ kind: "cross_file", target_identifier: "firstName", typed_chars: 3 });
    assert.equal(marks(each, "stName(a)").identifierHit, true);
    assert.equal(marks(each, "stNames(a)").identifierHit, false);
  });

  it("gives what the set's own scorer gives", async function () {
    const shared = path.resolve(import.meta.dirname, "../../../../shared/evalset");
    if (!existsSync(path.join(shared, "score.mjs"))) return this.skip();
    this.timeout(60_000);
    const { cases } = await readSets([path.join(shared, "dev")]);
    const predictions = cases.flatMap(varied);
    const folder = mkdtempSync(path.join(os.tmpdir(), "wisp-score-"));
    try {
      const [file, result] = [path.join(folder, "p.jsonl"), path.join(folder, "r.json")];
      writeFileSync(file, predictions.map((each) => JSON.stringify(each)).join("\n"));
      const theirs = [
        path.join(shared, "score.mjs"),
        path.join(shared, "dev/cases.jsonl.gz"),
        file,
        "--json",
        result,
      ];
      execFileSync(process.execPath, theirs);
      const { all, rows } = JSON.parse(await readFile(result, "utf8"));
      const ours = score(cases, predictions);
      assert.deepEqual(
        ours.map((row) => [
          row.id,
          row.shown,
          row.exactLine,
          row.editSimilarity,
          row.exactBlock,
          row.blockSimilarity,
        ]),
        rows.map((row: never) => ["id", "shown", "em", "es", "blockEm", "blockEs"].map((key) => row[key])),
      );
      assert.deepEqual(
        ours.map((row) => [
          row.prefixChars,
          row.accepted,
          row.truthChars,
          row.nuisance,
          row.identifierHit ?? null,
        ]),
        rows.map((row: never) =>
          ["pm", "accepted", "truthChars", "nuisance", "ident"].map((key) => row[key]),
        ),
      );
      const summary = summarize(ours);
      assert.deepEqual(
        [summary.shown, summary.accepted, summary.acceptedOfShown, summary.savedChars, summary.nuisance],
        [all.shown_pct, all.accepted_pct, all.accepted_of_shown_pct, all.saved_chars_pct, all.nuisance_pct],
      );
      assert.deepEqual(
        [summary.identifierHit, summary.p50Ms, summary.p90Ms, summary.prefixChars, summary.editSimilarity],
        [all.ident_hit_pct, all.p50_ms, all.p90_ms, all.prefix_chars, all.edit_sim_pct],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const pick = ({ exactLine, accepted, nuisance }: ReturnType<typeof marks>) => ({
  exactLine,
  accepted,
  nuisance,
});

/** Right, doubled, cut, wrong, silent and missing answers in turn. */
function varied(each: EvalCase, index: number): Prediction[] {
  const truth = each.truth_block;
  const texts = [
    truth,
    each.truth_line,
    `${truth})`,
    truth.slice(0, Math.ceil(truth.length * 0.6)),
    `${truth}\n    more();\n    andMore();`,
    "wrong.entirely(1)",
    `\n${truth}`,
    truth.toUpperCase(),
    "",
  ];
  if (index % 11 === 10) return [];
  return [
    {
      id: each.id,
      completion: texts[index % texts.length] ?? "",
      latency_ms: index * 7,
      shown: index % 13 !== 12,
      replace: index % 5 === 0 ? 1 : 0,
    },
  ];
}
