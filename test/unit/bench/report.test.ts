import { strict as assert } from "node:assert";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { inflateSync } from "node:zlib";
import { sample } from "../../../bench/eval/cases.ts";
import { compare } from "../../../bench/eval/paired.ts";
import { addPrediction, readPredictions } from "../../../bench/eval/predictions.ts";
import { report } from "../../../bench/eval/report.ts";
import { coverageCsv, riskCoverage } from "../../../bench/eval/riskCoverage.ts";
import { run } from "../../../bench/eval/run.ts";
import { score } from "../../../bench/eval/score.ts";
import { doublesBracket } from "../../../bench/eval/syntaxMarks.ts";
import { WorkspaceOnDisk } from "../../../bench/eval/workspaceOnDisk.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { evalCase, prediction } from "./evalCases.ts";

describe("evaluation", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "wisp-bench-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const cases = ["a", "b", "c", "d"].map((id) => evalCase({ id }));

  it("samples every repository and kind before it takes a second case of one", () => {
    const many = ["x", "y"].flatMap((repo) => [0, 1, 2].map((i) => evalCase({ id: `${repo}${i}`, repo })));
    assert.deepEqual(
      sample(many, 4).map((each) => each.id),
      ["x0", "y0", "x1", "y1"],
    );
    const shuffled = sample(many, 6, 7).map((each) => each.id);
    assert.deepEqual(
      shuffled,
      sample(many, 6, 7).map((each) => each.id),
    );
    assert.deepEqual(
      [...shuffled].sort(),
      many.map((each) => each.id),
    );
    assert.notDeepEqual(sample(many, 6, 1), sample(many, 6, 2));
  });

  it("orders the curve by confidence", () => {
    const predictions = [
      prediction({ id: "a", confidence: 0.9 }),
      prediction({ id: "b", confidence: 0.5, completion: "entirelyWrong.call()" }),
      prediction({ id: "c", confidence: 0.7 }),
    ];
    const points = riskCoverage(score(cases, predictions), predictions);
    assert.deepEqual(
      points.map((each) => [each.threshold, each.coverage, each.acceptedOfShown, each.nuisanceOfAll]),
      [
        [0.9, 0.25, 1, 0],
        [0.7, 0.5, 1, 0],
        [0.5, 0.75, 2 / 3, 0.25],
      ],
    );
    assert.equal(coverageCsv(points).split("\n")[1], "0.9000,0.2500,1.0000,0.2500,0.0000");
  });

  it("compares two runs case by case", () => {
    const all = (completion: string) =>
      score(
        cases,
        cases.map(({ id }) => prediction({ id, completion })),
      );
    const accepted = compare(all("entirelyWrong.call()"), all("first, second")).find(
      (each) => each.mark === "accepted",
    );
    assert.deepEqual(
      [accepted?.difference, accepted?.low, accepted?.high, accepted?.better, accepted?.worse],
      [100, 100, 100, 4, 0],
    );
    const same = compare(all("first, second"), all("first, second")).find((each) => each.mark === "nuisance");
    assert.deepEqual([same?.difference, same?.low, same?.high], [0, 0, 0]);
    const mixed = compare(all("x"), score(cases, [prediction(), prediction({ id: "b" })])).find(
      (each) => each.mark === "accepted",
    );
    assert.ok(mixed && mixed.difference === 50 && mixed.low < 50 && mixed.high > 50, JSON.stringify(mixed));
  });

  it("sees doubled brackets", () => {
    assert.equal(doublesBracket("a)", ");"), true);
    assert.equal(doublesBracket("a);", ")"), true);
    assert.equal(doublesBracket("f(a)", ");"), false);
    assert.equal(doublesBracket("a)", "\n)"), false);
    assert.equal(doublesBracket("a]", ")"), false);
  });

  it("writes curve, picture and marks beside the predictions", async () => {
    const out = path.join(folder, "p.jsonl");
    const text = await report(out, cases, [
      prediction(),
      prediction({ id: "b", shown: false, reason: "off" }),
    ]);
    assert.match(text, /all +2 +50 /);
    assert.match(text, /Silent: off 1/);
    assert.match(text, /2 of 4 cases are still open/);
    const png = await readFile(path.join(folder, "p.curve.png"));
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [720, 480]);
    const data = png.indexOf("IDAT");
    const rows = inflateSync(png.subarray(data + 4, data + 4 + png.readUInt32BE(data - 4)));
    assert.equal(rows.length, 480 * (720 * 3 + 1));
    assert.match(await readFile(path.join(folder, "p.curve.svg"), "utf8"), /<polyline/);
    assert.equal(JSON.parse(await readFile(path.join(folder, "p.score.json"), "utf8")).all.n, 2);
  });

  it("goes on where it was interrupted and refuses another setup", async () => {
    const out = path.join(folder, "p.jsonl");
    const syntax = createSyntax();
    const asked: string[] = [];
    const options = (way: string) => ({
      out,
      setup: { way },
      syntax,
      signal: new AbortController().signal,
      progress: () => ({ step: () => {} }),
    });
    const predictor = {
      predict: async ({ id }: { id: string }) => {
        if (id === "c" && asked.length === 2) throw new Error("power cut");
        asked.push(id);
        return prediction({ id, completion: "first, second)" });
      },
      dispose: async () => {},
    };
    await assert.rejects(run(cases, predictor, options("x")), /power cut/);
    await writeFile(out, `${await readFile(out, "utf8")}{"id": "c", "compl`);
    asked.push("");
    const all = await run(cases, predictor, options("x"));
    assert.deepEqual(asked, ["a", "b", "", "c", "d"]);
    assert.deepEqual(
      all.map((each) => each.id),
      ["a", "b", "c", "d"],
    );
    assert.deepEqual(await readPredictions(out), all);
    assert.deepEqual([all[0]?.adds_parse_error, all[0]?.doubles_bracket], [true, true]);
    await assert.rejects(run(cases, predictor, options("y")), /another setup/);
    await addPrediction(out, prediction({ id: "other" }));
    assert.equal((await run(cases, predictor, options("x"))).length, 4);
    syntax.dispose();
  });

  it("never has the truth of the case at hand on the disk", async () => {
    const open = [
      evalCase({ id: "a", path: "src/a.ts", prefix: "A(", suffix: ")", truth_block: "TRUTH" }),
      evalCase({ id: "b", path: "src/b.ts", prefix: "B(", suffix: ")", truth_block: "TRUTH" }),
      evalCase({ id: "a2", path: "src/a.ts", prefix: "A(TR", suffix: ")", truth_block: "UTH" }),
    ];
    const files = ["a", "b"].map((name) => ({
      workspace: "w",
      path: `src/${name}.ts`,
      text: `${name.toUpperCase()}(TRUTH)`,
    }));
    const disk = new WorkspaceOnDisk({ cases: open, workspaces: new Map([["w", files]]) });
    const seen: string[][] = [];
    for (const each of open) {
      const at = await disk.layOut(each);
      seen.push(
        await Promise.all(["a", "b"].map((name) => readFile(path.join(at, `src/${name}.ts`), "utf8"))),
      );
    }
    assert.deepEqual(seen, [
      ["A()", "B(TRUTH)"],
      ["A(TRUTH)", "B()"],
      ["A(TR)", "B(TRUTH)"],
    ]);
    await disk.dispose();
  });
});
