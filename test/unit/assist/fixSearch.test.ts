import assert from "node:assert/strict";
import type { CheckPorts } from "../../../src/assist/candidateChecks.ts";
import { type FixOptions, findFix } from "../../../src/assist/fixer.ts";
import type { CodeRegion } from "../../../src/assist/region.ts";
import { silentLog } from "../../../src/base/log.ts";
import { expectingModel } from "../../fakes/expectingModel.ts";
import { scriptedChat } from "../../fakes/scriptedChat.ts";
import { createSyntax } from "../syntax/syntax.ts";

const right = `def mean(values):
    total = sum(values)
    count = len(values)
    if count == 0:
        return 0
    return total / count`;
const wrong = right.replace("total / count", "total * count");
const block = (code: string): string => `\`\`\`python\n${code}\n\`\`\`\n`;

describe("findFix, where only the model says that something is wrong", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  async function run(
    code: string,
    answers: readonly string[],
    change: Partial<FixOptions> = {},
    ports: Partial<CheckPorts> = {},
  ) {
    const { model, requests } = scriptedChat(answers);
    const region: CodeRegion = {
      key: "file:///mean.py",
      path: "mean.py",
      languageId: "python",
      text: `${code}\n`,
      range: { start: 0, end: code.length },
    };
    const options: FixOptions = {
      model: { ...model, weigh: expectingModel(`${right}\n`).model.weigh },
      log: silentLog,
      checks: { syntax, problemsOf: async () => undefined, runCommand: undefined, ...ports },
      candidates: answers.length,
      definitions: "",
      context: "mean.py\n\n",
      maxAnswerTokens: 2000,
      maskSecrets: (text: string) => text,
      isSearch: true,
      onProgress: () => undefined,
      ...change,
    };
    const result = await findFix(region, [], [], options, new AbortController().signal);
    return { result, requests };
  }

  it("takes a likelier line without asking", async () => {
    const { result, requests } = await run(wrong, []);
    assert.equal(result.fix?.text, `${right}\n`);
    assert.deepEqual(result.fix?.check.notes, [
      "parses",
      "no language server judged it",
      "likelier to the model",
    ]);
    assert.deepEqual(requests, []);
  });

  it("holds back an answer that is no likelier than the code as it is", async () => {
    const { result } = await run(right, [block(wrong)]);
    assert.equal(result.fix, undefined);
    assert.deepEqual(result.refused, ["no likelier to the model than the code as it is"]);
  });

  it("shows all the same what the user's check proves", async () => {
    const runCommand = async (_region: CodeRegion, text: string) => ({
      passed: text === `${wrong}\n`,
      summary: "14 tests pass",
    });
    const { result } = await run(right, [block(wrong)], {}, { runCommand });
    assert.equal(result.fix?.text, `${wrong}\n`);
  });

  it("believes no check that passes on the code as it is", async () => {
    const runCommand = async () => ({ passed: true, summary: "14 tests pass" });
    const { result } = await run(right, [block(wrong)], {}, { runCommand });
    assert.deepEqual(result.refused, ["no likelier to the model than the code as it is"]);
  });

  it("takes what the finding said, and looks no further", async () => {
    const { result, requests } = await run(wrong, [], { known: right });
    assert.equal(result.fix?.text, `${right}\n`);
    assert.deepEqual(requests, []);
  });

  it("tries what the finding said first, and asks when that does not pass the check", async () => {
    const known = right.replace("total / count", "total // count");
    const runCommand = async (_region: CodeRegion, text: string) => ({
      passed: text.includes("total / count"),
      summary: "1 failed",
    });
    const { result, requests } = await run(wrong, [], { known }, { runCommand });
    assert.deepEqual(result.refused, ["the check command fails: 1 failed"]);
    assert.equal(result.fix?.text, `${right}\n`);
    assert.deepEqual(requests, []);
  });

  it("weighs nothing where a problem has been reported", async () => {
    const { result } = await run(right, [block(wrong)], { isSearch: false });
    assert.equal(result.fix?.text, `${wrong}\n`);
  });
});
