import assert from "node:assert/strict";
import { findBugs } from "../../../src/assist/bugFinder.ts";
import type { CodeRegion } from "../../../src/assist/region.ts";
import { surroundings } from "../../../src/assist/weighedFindings.ts";
import { silentLog } from "../../../src/base/log.ts";
import { expectingModel } from "../../fakes/expectingModel.ts";
import { scriptedChat } from "../../fakes/scriptedChat.ts";
import { createSyntax } from "../syntax/syntax.ts";

const right = `def mean(values):
    # the sum by the number
    total = sum(values)
    count = len(values)
    return total / count
`;

describe("weighed findings", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  const regionOf = (text: string): CodeRegion => ({
    key: "file:///mean.py",
    path: "mean.py",
    languageId: "python",
    text,
    range: { start: 0, end: text.length },
  });

  async function search(
    text: string,
    { model } = expectingModel(right),
    signal = new AbortController().signal,
  ) {
    const region = regionOf(text);
    const result = await findBugs(
      region,
      {
        model,
        syntax,
        log: silentLog,
        maxUnitCharacters: 2000,
        known: [],
        leastConfidence: 0.5,
        maskSecrets: (code) => code.replaceAll("hunter2", "REDACTED"),
        definitions: async () => "",
        onProgress: () => undefined,
      },
      signal,
    );
    return { result, marked: result.findings.map(({ range }) => text.slice(range.start, range.end)) };
  }

  it("marks a line that should read otherwise, and says how", async () => {
    const { result, marked } = await search(right.replace("total / count", "total * count"));
    assert.deepEqual(marked, ["return total * count"]);
    const [found] = result.findings;
    assert.equal(found?.message, "This line may be wrong: `return total / count` would be expected.");
    assert.ok((found?.confidence ?? 0) > 0.5 && (found?.confidence ?? 1) < 1);
  });

  it("marks where a line is missing", async () => {
    const { result, marked } = await search(right.replace("    total = sum(values)\n", ""));
    assert.deepEqual(marked, ["count = len(values)"]);
    assert.equal(
      result.findings[0]?.message,
      "A line may be missing in front of this one: `total = sum(values)` would be expected.",
    );
  });

  it("marks a line that should go on, and leaves the next one alone", async () => {
    const short = right.replace("sum(values)\n", "sum\n");
    const { result, marked } = await search(short);
    assert.deepEqual(marked, ["total = sum"]);
    assert.equal(result.findings[0]?.instead, "total = sum(values)");
  });

  it("reports nothing in code that is as expected, nor a comment in other words", async () => {
    assert.deepEqual((await search(right)).marked, []);
    const { result } = await search(right.replace("by the number", "over the number"));
    assert.equal(result.counts.reported, 0);
  });

  it("does not stop at a change after which the rest fits worse", async () => {
    const other = expectingModel(right);
    const renamed = right.replace("total = sum", "whole = sum").replace("return total", "return whole");
    const { result } = await search(renamed, other);
    assert.deepEqual(result.findings, []);
    assert.ok(result.counts.refuted >= 1);
  });

  it("asks instead where the backend cannot weigh, or a secret hides what is written", async () => {
    const { model, requests } = scriptedChat(['{"findings":[]}', '{"findings":[]}']);
    await search(right, { model, asked: [] });
    assert.equal(requests.length, 1);
    const weighing = expectingModel(right);
    await search(right.replace("sum(values)", '"hunter2"'), {
      model: { ...weighing.model, chat: model.chat },
      asked: [],
    });
    assert.equal(requests.length, 2);
    assert.deepEqual(weighing.asked, []);
    assert.doesNotMatch(JSON.stringify(requests), /hunter2/);
  });

  it("ends as cancelled when it is aborted in the middle", async () => {
    const abort = new AbortController();
    const { model } = expectingModel(right);
    const stopping = {
      model: {
        ...model,
        async weigh() {
          abort.abort();
          throw abort.signal.reason;
        },
      },
      asked: [],
    };
    assert.equal((await search(right, stopping, abort.signal)).result.cancelled, true);
  });

  it("shows the model what stands around, near things first, without secrets", () => {
    const text = `import os\n\nKEY = "hunter2"\n\n${right}\n\ndef last():\n    return mean([1])\n`;
    const start = text.indexOf("def mean");
    const unit = { ...regionOf(text), range: { start, end: start + right.length - 1 } };
    const maskSecrets = (code: string): string => code.replaceAll("hunter2", "REDACTED");
    const all = surroundings(unit, { maskSecrets, maxUnitCharacters: 2000 });
    assert.equal(all, 'mean.py\n\ndef last():\n    return mean([1])\n\nimport os\n\nKEY = "REDACTED"\n\n');
    const little = surroundings(unit, { maskSecrets, maxUnitCharacters: right.length + 20 });
    assert.equal(
      little,
      'mean.py\n\ndef last():\n\n= "REDACTED"\n\n'.replace("def last():\n\n", "def last()\n\n"),
    );
  });
});
