import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  adaptersWith,
  consentText,
  placeName,
  verdictText,
} from "../../../src/editor/adapter/adapterTexts.ts";
import { adapterFor, withAdapter } from "../../../src/editor/modelChoice.ts";
import { machineSettingsOf } from "../../../src/editor/settingValues.ts";
import { ggufOf } from "../model/ggufFixture.ts";
import { withFolder } from "../model/modelFixtures.ts";

describe("the adapter of a workspace", () => {
  it("is its own one, else the one for all, and none where none is wanted", () => {
    const adapters = { "/shop": "/a.gguf", "/plain": "", "*": "/all.gguf" };
    assert.equal(adapterFor(adapters, "/shop"), "/a.gguf");
    assert.equal(adapterFor(adapters, "/other"), "/all.gguf");
    assert.equal(adapterFor(adapters, undefined), "/all.gguf");
    assert.equal(adapterFor(adapters, "/plain"), undefined);
    assert.equal(adapterFor({}, "/shop"), undefined);
  });

  it("is set for one folder and taken away again, and leaves the others alone", () => {
    assert.deepEqual(adaptersWith({}, "/shop", "/a"), { "/shop": "/a" });
    assert.deepEqual(adaptersWith({ "/shop": "/a", "/b": "/b" }, "/shop", ""), { "/b": "/b" });
    assert.deepEqual(adaptersWith({ "*": "/all" }, "/shop", ""), { "*": "/all", "/shop": "" });
    assert.deepEqual(adaptersWith({ "*": "/all", "/b": "/b" }, undefined, ""), { "/b": "/b" });
    assert.deepEqual(adaptersWith({}, undefined, "/a"), { "*": "/a" });
  });

  it("is named with the model where it fits; where it does not, the model stays and the reason is told", () =>
    withFolder(async (folder) => {
      const texts = { "general.architecture": "qwen2" };
      const lora = { ...texts, "general.type": "adapter", "adapter.type": "lora", "general.name": "shop" };
      const path = join(folder, "model.gguf");
      await writeFile(path, ggufOf(texts, { "blk.0.attn_q.weight": [64, 64] }));
      const fits = join(folder, "fits.gguf");
      const halves = (width: number) => ({
        "blk.0.attn_q.weight.lora_a": [width, 2],
        "blk.0.attn_q.weight.lora_b": [2, width],
      });
      await writeFile(fits, ggufOf(lora, halves(64)));
      const wide = join(folder, "wide.gguf");
      await writeFile(wide, ggufOf(lora, halves(128)));
      const model = { id: "m", name: "Small", path };
      assert.deepEqual(await withAdapter(model, fits), {
        ...model,
        name: "Small adapted to shop",
        adapterPath: fits,
      });
      const { adapterProblem, ...rest } = await withAdapter(model, wide);
      assert.deepEqual(rest, model);
      assert.match(adapterProblem?.message ?? "", /made for another model/);
      assert.match((await withAdapter(model, join(folder, "none"))).adapterProblem?.message ?? "", /no file/);
      assert.deepEqual(await withAdapter(model, undefined), model);
    }));

  it("is read from settings that name it by an absolute path", () => {
    const seen: string[] = [];
    const value = { "/shop": "/a.gguf", "/b": "relative.gguf", "/c": 7, "/d": "" };
    const read = (key: string): unknown => (key === "model.adapters" ? value : undefined);
    const { model } = machineSettingsOf(read, (_, message) => seen.push(message), 4);
    assert.deepEqual(model.adapters, { "/shop": "/a.gguf", "/d": "" });
    assert.equal(seen.length, 2);
    assert.match(seen[0] ?? "", /absolute paths, not "relative\.gguf"/);
  });

  it("comes with texts that say what was found and what will happen", () => {
    const verdict = { cases: 100, before: 0.12, after: 0.18, isBetter: true };
    assert.equal(verdictText(verdict), "recommended: 12 % → 18 % of 100 later lines right");
    assert.match(verdictText({ ...verdict, isBetter: false }), /^not better beyond chance: /);
    const text = consentText({ output: "/out", environment: "/packages" });
    for (const said of [/3 GB/, /half an hour/, /Nothing of your code leaves/, /\/out/, /\/packages/])
      assert.match(text, said);
    assert.equal(placeName("/home/me/shop"), "the folder shop");
  });
});
