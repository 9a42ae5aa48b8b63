import { strict as assert } from "node:assert";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { readPredictions } from "../../../bench/eval/predictions.ts";
import { FakeOpenAiServer, json, piece, stream } from "../../fakes/fakeOpenAiServer.ts";
import { evalCase } from "./evalCases.ts";

const script = path.resolve(import.meta.dirname, "../../../scripts/eval.ts");
const run = promisify(execFile);
const lines = (rows: readonly unknown[]): Buffer =>
  gzipSync(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));

describe("npm run eval", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "wisp-eval-script-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const each = evalCase({
    prefix: "export function add(first: number, second: number): number {\n  return first",
    suffix: "\n}\n",
    truth_line: " + second;",
    truth_block: " + second;",
  });
  const whole = each.prefix + each.truth_block + each.suffix;

  it("asks a server through the pipeline, writes predictions and compares with earlier ones", async function () {
    this.timeout(60_000);
    await writeFile(path.join(folder, "cases.jsonl.gz"), lines([each]));
    await writeFile(
      path.join(folder, "workspaces.jsonl.gz"),
      lines([{ workspace: "w", path: each.path, text: whole }]),
    );
    await using server = await FakeOpenAiServer.start(
      json(200, { object: "list", data: [{ id: "qwen2.5-coder-fake" }] }),
      stream([piece(" + second;\n}\n\nexport"), piece("", "stop")]),
    );
    const [plain, ours] = [path.join(folder, "plain.jsonl"), path.join(folder, "ours.jsonl")];
    const begin = [script, "--cases", folder, "--model"];
    const wrong = [path.join(folder, "nothing.gguf"), "--out", plain];
    await assert.rejects(run(process.execPath, [...begin, ...wrong]), /neither a file, an address/);
    await writeFile(
      plain,
      `${JSON.stringify({ id: "a", completion: "wrong", latency_ms: 1, shown: true, replace: 0 })}\n`,
    );
    const { stdout } = await run(process.execPath, [
      ...begin,
      server.baseUrl,
      "--out",
      ours,
      "--against",
      plain,
    ]);
    const [prediction] = await readPredictions(ours);
    assert.deepEqual(
      [prediction?.completion, prediction?.shown, prediction?.adds_parse_error, prediction?.reason],
      [" + second;", true, false, undefined],
    );
    assert.match(stdout, /all +1 +100 +100/);
    assert.match(stdout, /accepted +0\.0 +100\.0 +100\.0/);
    assert.ok((await readFile(path.join(folder, "ours.curve.csv"), "utf8")).startsWith("threshold,"));
    const sent = server.requests.map((request) => JSON.stringify(request.body)).join("\n");
    assert.match(sent, /return first/);
    assert.doesNotMatch(sent, /\+ second/);
  });
});
