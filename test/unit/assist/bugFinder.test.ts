import assert from "node:assert/strict";
import { anchor, parseFindings } from "../../../src/assist/askedFindings.ts";
import { type FindBugsOptions, findBugs } from "../../../src/assist/bugFinder.ts";
import type { CodeRegion } from "../../../src/assist/region.ts";
import { silentLog } from "../../../src/base/log.ts";
import { scriptedChat } from "../../fakes/scriptedChat.ts";
import { createSyntax } from "../syntax/syntax.ts";

const text = `export function last(values: number[]): number {
  return values[values.length];
}

export function first(values: number[]): number {
  return values[0];
}
`;
const region: CodeRegion = {
  key: "file:///list.ts",
  path: "list.ts",
  languageId: "typescript",
  text,
  range: { start: 0, end: text.length },
};
const wrongLine = "return values[values.length];";
const finding = (quote: string): string =>
  JSON.stringify({ findings: [{ quote, problem: "Reads past the end.", severity: "error" }] });
const none = '{"findings":[]}';
const bug = '{"reason":"For [1] it gives undefined.","verdict":"bug"}';
const correct = '{"reason":"It is right.","verdict":"correct"}';

describe("findBugs", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  async function run(
    answers: Parameters<typeof scriptedChat>[0],
    change: Partial<FindBugsOptions> = {},
    signal = new AbortController().signal,
  ) {
    const { model, requests } = scriptedChat(answers);
    const progress: string[] = [];
    const result = await findBugs(
      region,
      {
        model,
        syntax,
        log: silentLog,
        maxUnitCharacters: 200,
        known: [],
        leastConfidence: 0.5,
        maskSecrets: (code) => code.replaceAll("hunter2", "REDACTED"),
        definitions: async () => "",
        onProgress: (done, total, found) => progress.push(`${done}/${total}:${found.length}`),
        ...change,
      },
      signal,
    );
    return { result, requests, progress };
  }

  it("asks function by function and anchors a finding that stands", async () => {
    const { result, requests, progress } = await run([finding(wrongLine), bug, none]);
    assert.equal(requests.length, 3);
    assert.match(
      requests[0]?.messages[1]?.content ?? "",
      /^list\.ts, from line 1:\n```typescript\nexport function last/,
    );
    assert.match(requests[2]?.messages[1]?.content ?? "", /^list\.ts, from line 5:/);
    assert.equal(requests[0]?.jsonSchema?.name, "findings");
    assert.match(
      JSON.stringify(requests[0]?.jsonSchema?.schema),
      /"quote":\{"enum":\["export function last\(values: number\[\]\): number \{","return values\[values\.length\];"\]\}/,
      "only lines of the code can be quoted",
    );
    const [found] = result.findings;
    assert.equal(found && text.slice(found.range.start, found.range.end), wrongLine);
    assert.deepEqual(progress, ["1/2:1", "2/2:0"]);
  });

  it("finds the line although the model changed its white space", async () => {
    const { result } = await run([finding("return  values[ values.length ];"), bug, none]);
    const [found] = result.findings;
    assert.equal(found && text.slice(found.range.start, found.range.end), wrongLine);
  });

  it("drops and counts what is not in the code, what is known and what is refuted", async () => {
    const invented = await run([finding("return values[-1];"), none]);
    assert.deepEqual(invented.result.counts, {
      reported: 1,
      notInTheCode: 1,
      known: 0,
      elsewhere: 0,
      refuted: 0,
    });
    const known = await run([finding(wrongLine), none], { known: [{ startLine: 2, endLine: 2 }] });
    assert.deepEqual(known.result.counts, {
      reported: 1,
      notInTheCode: 0,
      known: 1,
      elsewhere: 0,
      refuted: 0,
    });
    const refuted = await run([finding(wrongLine), correct, none]);
    assert.deepEqual(refuted.result.counts, {
      reported: 1,
      notInTheCode: 0,
      known: 0,
      elsewhere: 0,
      refuted: 1,
    });
    assert.deepEqual(refuted.result.findings, []);
  });

  it("keeps to the lines that were asked about, and asks nothing about units without code", async () => {
    const at = text.indexOf("return values[0]");
    const elsewhere = await run([finding(wrongLine), none], { only: [{ start: at, end: at + 5 }] });
    assert.deepEqual(elsewhere.result.counts, {
      reported: 1,
      notInTheCode: 0,
      known: 0,
      elsewhere: 1,
      refuted: 0,
    });
    const own = text.indexOf(wrongLine);
    const kept = await run([finding(wrongLine), bug, none], { only: [{ start: own + 3, end: own + 5 }] });
    assert.equal(kept.result.findings.length, 1);
    const { model, requests } = scriptedChat([none]);
    const described = `"""What this is for."""\n\n\ndef one():\n    return int("1")\n`;
    const unit = {
      ...region,
      languageId: "python",
      text: described,
      range: { start: 0, end: described.length },
    };
    const plain = {
      syntax,
      log: silentLog,
      maskSecrets: (code: string) => code,
      definitions: async () => "",
    };
    const limits = { maxUnitCharacters: 30, known: [], leastConfidence: 0, onProgress: () => undefined };
    await findBugs(unit, { model, ...plain, ...limits }, new AbortController().signal);
    assert.equal(requests.length, 1);
    assert.match(requests[0]?.messages[1]?.content ?? "", /def one/);
  });

  it("takes the confidence from the verdict's own token", async () => {
    const tokens = [...'{"reason":"bug?","verdict":"'].map((character) => ({
      text: character,
      probability: 1,
    }));
    const verdict = {
      text: '{"reason":"bug?","verdict":"bug"}',
      tokens: [...tokens, { text: "bug", probability: 0.7 }, { text: '"}', probability: 1 }],
    };
    const { result } = await run([finding(wrongLine), verdict, none]);
    assert.equal(result.findings[0]?.confidence, 0.7);
    const doubtful = await run([finding(wrongLine), verdict, none], { leastConfidence: 0.8 });
    assert.deepEqual(doubtful.result.findings, []);
  });

  it("keeps the complete findings of an answer that was cut", () => {
    const cut = `${finding("a line").slice(0, -2)},{"quote":"another`;
    assert.deepEqual(
      parseFindings(cut)?.map((found) => found.quote),
      ["a line"],
    );
    assert.equal(parseFindings("I think the code is fine."), undefined);
  });

  it("reads what servers without schemas let a model write", () => {
    const [one] = parseFindings(finding("a line")) ?? [];
    const json = finding("a line");
    const forms = [
      `\`\`\`json\n${json}\n\`\`\``,
      `Here is what I found:\n\n${json}\n\nI hope [this] helps.`,
      JSON.stringify([one]),
      json.replace('"error"', '"error","line":[1]'),
      `I looked at values[i] and {x}, and see [1]:\n${json} I hope [this] helps {you}.`,
      `The list values[] is read past its end: ${JSON.stringify([one])}`,
    ];
    for (const form of forms) assert.deepEqual(parseFindings(form), [one], form);
    assert.deepEqual(parseFindings(json.replace('"error"', '"High"')), [{ ...one, severity: "warning" }]);
    assert.deepEqual(parseFindings('{"findings":[]}'), []);
    assert.deepEqual(parseFindings("```json\n[]\n```"), []);
    for (const garbage of [
      "",
      "{}",
      "]{",
      '{"findings":"none"}',
      "null",
      "Fine for [1].",
      "{".repeat(50),
      "A list a[].",
    ])
      assert.equal(parseFindings(garbage), undefined, garbage);
  });

  it("says about how many parts the answer could not be read", async () => {
    const { result } = await run(["I see no bug.", finding(wrongLine).replace("values.length", "0"), bug]);
    assert.deepEqual([result.parts, result.unread, result.findings.length], [2, 1, 1]);
  });

  it("marks the line that is quoted, not one in front that holds its text", () => {
    const code = "if (a) return x;\nif (b) {\n  return x;\n}\n";
    const unit = { ...region, text: code, range: { start: 0, end: code.length } };
    const at = code.lastIndexOf("return x;");
    assert.deepEqual(anchor(unit, "return x;"), { start: at, end: at + "return x;".length });
    assert.deepEqual(anchor(unit, "if (b)"), { start: 17, end: 23 });
  });

  it("marks of equal lines the one that was changed", () => {
    const code = "a();\nstop();\nb();\nstop();\n";
    const unit = { ...region, text: code, range: { start: 0, end: code.length } };
    const at = code.lastIndexOf("stop");
    assert.deepEqual(anchor(unit, "stop();"), { start: 5, end: 12 });
    const isChanged = ({ start }: { readonly start: number }) => start >= at;
    assert.deepEqual(anchor(unit, "stop();", isChanged), { start: at, end: at + 7 });
    assert.deepEqual(
      anchor(unit, "stop();", () => false),
      { start: 5, end: 12 },
    );
  });

  it("never shows the model a secret", async () => {
    const secret = { ...region, text: text.replace("values[0]", '"hunter2"') };
    const { model, requests } = scriptedChat([none, none]);
    const options = {
      model,
      syntax,
      log: silentLog,
      maxUnitCharacters: 200,
      known: [],
      leastConfidence: 0,
      maskSecrets: (code: string) => code.replaceAll("hunter2", "REDACTED"),
      definitions: async () => "",
      onProgress: () => undefined,
    };
    await findBugs(secret, options, new AbortController().signal);
    assert.doesNotMatch(JSON.stringify(requests), /hunter2/);
    assert.match(JSON.stringify(requests), /REDACTED/);
  });

  it("hands over what it found part by part, so that a failure later loses nothing", async () => {
    const told: string[] = [];
    const onUnit: FindBugsOptions["onUnit"] = async (unit, found) => {
      told.push(`${unit.range.start}: ${found.map(({ message }) => message).join()}`);
    };
    // The second part is one question too many, with which the model fails.
    await assert.rejects(run([finding(wrongLine), bug], { onUnit }), /asked once too often/);
    assert.deepEqual(told, ["0: Reads past the end."]);
  });

  it("stops when it is cancelled", async () => {
    const { result } = await run([none, none], {}, AbortSignal.abort());
    assert.equal(result.cancelled, true);
  });
});
