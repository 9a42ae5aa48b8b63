import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  commented,
  type FimPlace,
  fimFamilies,
  fimPrompt,
  findFimFamily,
} from "../../../src/prompt/fimTemplate.ts";

const place = { context: [], path: "a.py", prefix: "P", suffix: "S" };

describe("FIM template", () => {
  const forms: readonly [string, string][] = [
    ["Qwen/Qwen2.5-Coder-7B-Instruct", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"],
    ["bigcode/starcoder2-3b", "<fim_prefix>P<fim_suffix>S<fim_middle>"],
    ["codellama:7b-code", "<PRE> P <SUF>S <MID>"],
    ["deepseek-coder-1.3b-base", "<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>"],
    ["codegemma-2b", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"],
    ["codestral-latest", "[SUFFIX]S[PREFIX]P"],
    ["granite-3b-code-base", "<fim_prefix>P<fim_suffix>S<fim_middle>"],
    ["granite-4.0-tiny", "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>"],
    ["ByteDance-Seed/Seed-Coder-8B-Base", "<[fim-suffix]>S<[fim-prefix]>P<[fim-middle]>"],
    ["JetBrains/Mellum-4b-base", "<fim_suffix>S<fim_prefix>P<fim_middle>"],
  ];
  for (const [model, prompt] of forms) {
    it(`has the form of ${model}`, () => {
      const family = findFimFamily("auto", model);
      assert.ok(family);
      assert.equal(fimPrompt(family, place).prompt, prompt);
    });
  }

  /** The lab's tests read the same file: what it teaches a model and judges it by is what is sent here. */
  it("has the form that the lab teaches", () => {
    const file = new URL("../../golden/fim/qwen2.5-coder.json", import.meta.url);
    const cases: { place: FimPlace; prompt: string }[] = JSON.parse(readFileSync(file, "utf8"));
    const family = findFimFamily("qwen2.5-coder", "");
    assert.ok(family && cases.length > 2);
    for (const { place, prompt } of cases) assert.equal(fimPrompt(family, place).prompt, prompt);
  });

  it("knows nothing about other models, unless the user says", () => {
    for (const model of ["llama-3.1-8b-instruct", "mamba-codestral-7b", "zeta-2", "gpt-4o"])
      assert.equal(findFimFamily(undefined, model), undefined, model);
    assert.equal(findFimFamily("codestral", "llama-3.1-8b-instruct")?.id, "codestral");
    assert.equal(findFimFamily("no-such-family", "qwen2.5-coder"), undefined);
  });

  it("builds each prompt of the family's markers, and ends answers at none that the prompt needs", () => {
    for (const family of fimFamilies) {
      const { prompt, stop } = fimPrompt(family, place);
      for (const marker of family.markers) assert.equal(prompt.split(marker).length, 2, marker);
      assert.equal(new Set(stop).size, stop.length, family.id);
      assert.ok(
        family.stop.every((text) => !prompt.includes(text)),
        family.id,
      );
    }
    assert.equal(new Set(fimFamilies.map(({ id }) => id)).size, fimFamilies.length);
  });

  it("puts context in repository form or in the language's comments", () => {
    const context = [{ path: "lib/b.py", text: "x = 1\r\ny = 2" }];
    assert.equal(commented({ context, path: "a.py" }), "# Path: lib/b.py\n# x = 1\n# y = 2\n");
    assert.equal(commented({ context, path: "page.html" }).split("\n")[0], "<!-- Path: lib/b.py -->");
    for (const family of fimFamilies) {
      const { prompt } = fimPrompt(family, { ...place, context });
      assert.equal(prompt.split("lib/b.py").length, 2, family.id);
      assert.ok(prompt.indexOf("lib/b.py") < prompt.lastIndexOf("P"), family.id);
    }
  });
});
