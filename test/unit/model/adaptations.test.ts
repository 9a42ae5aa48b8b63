import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  finishedAdaptation,
  finishedAdaptations,
  folderForAdaptation,
  LabError,
} from "../../../src/model/adaptations.ts";
import { withFolder } from "./modelFixtures.ts";

/** As the lab's `evaluate` writes it, cut down to a few fields. */
const results = {
  cases: 100,
  scores: { base: { exact: { mean: 0.12, low: 0.06, high: 0.19 } }, adapted: { exact: { mean: 0.18 } } },
  comparison: { better: true, p_value: 0.146 },
};
const order = { repository: "/home/me/my shop", model: "qwen2.5-coder-0.5b", day: "2026-05-09" };

describe("adaptations", () => {
  it("are finished once they are judged", () =>
    withFolder(async (root) => {
      const folder = join(root, "shop-m-2026-05-01");
      await mkdir(folder);
      assert.equal(await finishedAdaptation(folder), undefined);
      await finish(folder, JSON.stringify(results));
      assert.deepEqual(await finishedAdaptation(folder), {
        folder,
        adapterPath: join(folder, "adapter", "adapter.gguf"),
        reportPath: join(folder, "evaluation", "REPORT.md"),
        verdict: { cases: 100, before: 0.12, after: 0.18, isBetter: true },
      });
    }));

  it("are listed from the newest on, without those that are under way", () =>
    withFolder(async (root) => {
      assert.deepEqual(await finishedAdaptations(join(root, "none")), []);
      for (const name of ["b-m-2026-05-02", "a-m-2026-05-10", "c-m-2026-05-10.2"])
        await finish(join(root, name), JSON.stringify(results));
      await mkdir(join(root, "d-m-2026-06-01"));
      await writeFile(join(root, "a file"), "");
      const found = (await finishedAdaptations(root)).map(({ folder }) => folder.slice(root.length + 1));
      assert.deepEqual(found, ["c-m-2026-05-10.2", "a-m-2026-05-10", "b-m-2026-05-02"]);
    }));

  it("of another form are an error, not a verdict", () =>
    withFolder(async (root) => {
      for (const text of ["{", "null", "[]", "{}", JSON.stringify({ ...results, comparison: null })]) {
        await finish(root, text);
        await assert.rejects(finishedAdaptation(root), (error) => {
          assert.ok(error instanceof LabError, String(error));
          return error.code === "unreadable-result";
        });
      }
    }));

  it("go on where one was stopped, and begin anew after a finished one", () =>
    withFolder(async (root) => {
      const first = join(root, "my_shop-qwen2.5-coder-0.5b-2026-05-09");
      assert.equal(await folderForAdaptation(root, order), first);
      await mkdir(first);
      assert.equal(await folderForAdaptation(root, { ...order, day: "2026-05-11" }), first);
      await finish(first, JSON.stringify(results));
      assert.equal(await folderForAdaptation(root, order), `${first}.2`);
      const later = { ...order, day: "2026-05-11" };
      assert.equal(await folderForAdaptation(root, later), first.replace("09", "11"));
      const other = { ...order, model: "qwen2.5-coder-1.5b" };
      assert.equal(await folderForAdaptation(root, other), first.replace("0.5b", "1.5b"));
    }));
});

async function finish(folder: string, text: string): Promise<void> {
  await mkdir(join(folder, "evaluation"), { recursive: true });
  await writeFile(join(folder, "evaluation", "results.json"), text);
}
