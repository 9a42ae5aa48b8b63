import assert from "node:assert/strict";
import type { CompletionTrace } from "../../../src/completion/outcome.ts";
import { modelTexts, progressText, sizeText } from "../../../src/editor/modelTexts.ts";
import { faceOf, type StatusInputs, statusOf } from "../../../src/editor/status.ts";
import { traceReport } from "../../../src/editor/traceReport.ts";
import { catalogue } from "../../../src/model/catalogue.ts";

const calm: StatusInputs = {
  enabled: true,
  snoozedUntil: 0,
  now: 1000,
  model: "Qwen",
  languageId: "python",
  languageEnabled: true,
  starting: false,
  thinking: false,
};

describe("status", () => {
  it("tells what is wrong with a chosen model rather than that there is none", () => {
    const status = statusOf({
      enabled: true,
      snoozedUntil: 0,
      now: 1000,
      error: { code: "bad-model-file", message: "The file is not there.", hint: "Choose another." },
      languageEnabled: true,
      starting: false,
      thinking: false,
    });
    assert.deepEqual(status, { kind: "error", message: "The file is not there.", hint: "Choose another." });
  });

  it("names what most needs the user, in one order", () => {
    const everything: StatusInputs = {
      enabled: false,
      snoozedUntil: 2000,
      now: 1000,
      download: 0.42,
      model: undefined,
      error: { code: "no-model", message: "None", hint: "Choose one" },
      languageId: "python",
      languageEnabled: false,
      starting: true,
      thinking: true,
    };
    const mends: readonly Partial<StatusInputs>[] = [
      { enabled: true },
      { snoozedUntil: 1000 },
      { download: undefined },
      { model: "Qwen", error: { code: "bad-model-file", message: "Broken", hint: "Mend it" } },
      { error: undefined },
      { languageEnabled: true },
      { starting: false },
      { thinking: false },
    ];
    let inputs = everything;
    const kinds = [statusOf(inputs).kind];
    for (const mend of mends) {
      inputs = { ...inputs, ...mend };
      kinds.push(statusOf(inputs).kind);
    }
    assert.deepEqual(kinds, [
      "off",
      "snoozed",
      "downloading",
      "noModel",
      "error",
      "languageOff",
      "starting",
      "thinking",
      "ready",
    ]);
  });

  it("shows an error as one, with what to do, and a snooze with its end", () => {
    const face = faceOf(statusOf({ ...calm, error: { message: "Broken.", hint: "Mend it." } }), String);
    assert.equal(face.severity, "error");
    assert.equal(face.detail, "Mend it.");
    assert.match(faceOf(statusOf({ ...calm, snoozedUntil: 5000 }), String).text, /until 5000/);
    const forever = statusOf({ ...calm, snoozedUntil: Number.POSITIVE_INFINITY });
    assert.match(faceOf(forever, String).text, /until VS Code restarts/);
  });
});

describe("texts about models", () => {
  it("writes sizes in decimal units", () => {
    assert.deepEqual([491_400_064, 1_117_320_768, 999_600_000, 12_000].map(sizeText), [
      "491 MB",
      "1.1 GB",
      "1.0 GB",
      "12 kB",
    ]);
  });

  it("tells progress, speed and the time left, and whatever stands in the way", () => {
    const progress = {
      phase: "downloading",
      receivedBytes: 1e8,
      totalBytes: 5e8,
      bytesPerSecond: 1e7,
    } as const;
    assert.equal(progressText({ ...progress, secondsLeft: 40 }), "100 MB of 500 MB, 10 MB/s, 40 s left");
    assert.equal(progressText({ ...progress, note: "Connection lost" }), "Connection lost");
    assert.equal(progressText({ ...progress, phase: "verifying" }), "checking the file");
  });

  it("tells size, memory, licence and what is on disk", () => {
    const research = catalogue.find(({ licence }) => licence.note) ?? assert.fail();
    const texts = modelTexts({ entry: research, fit: "tight", chosen: false });
    assert.match(texts.description, /2\.1 GB download · .* memory · Qwen Research License/);
    assert.match(texts.detail, /^Tight: .*commercial use/);
    const stored = { state: "partial", sizeBytes: 1e9 } as const;
    assert.match(
      modelTexts({ entry: research, fit: "fits", chosen: true, stored }).description,
      /1\.0 GB of 2\.1 GB/,
    );
  });
});

describe("trace report", () => {
  const trace: CompletionTrace = {
    id: 1,
    at: 0,
    uri: "file:///a.ts",
    languageId: "typescript",
    position: { line: 2, character: 4 },
    trigger: "automatic",
    outcome: { kind: "silent", reason: "low-confidence", detail: "0.1 of 0.2" },
    stages: [{ name: "model", ms: 123.44 }],
    prompt: { prefix: "const fence = `\n```\n`", suffix: "", contextPaths: ["src/b.ts"] },
    rawText: "foo()",
    steps: ["cut at the statement's end"],
    confidence: 0.1,
    members: { source: "language server", count: 3 },
  };

  it("begins with the reason and goes on with times, answer and prompt", () => {
    const report = traceReport(trace, { shift: 0.7, shown: 20, taken: 9 });
    assert.match(report, /\*\*The model was not sure enough/);
    for (const part of [
      "0.1 of 0.2",
      "low-confidence",
      "line 3, column 5",
      "model: 123.4 ms",
      "foo()",
      "src/b.ts",
      "Members behind the dot: 3, by the language server",
    ]) {
      assert.ok(report.includes(part), part);
    }
  });

  it("fences code that has fences itself", () => {
    assert.match(
      traceReport(trace, { shift: 0, shown: 0, taken: 0 }),
      /````text\nconst fence = `\n```\n`\n````/,
    );
  });
});
