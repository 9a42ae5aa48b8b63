import assert from "node:assert/strict";
import { type Manifest, projectFolder, testFramework } from "../../../src/assist/testConventions.ts";

const npm = (folder: string, content: object): Manifest => ({
  ...{ folder, name: "package.json" },
  text: JSON.stringify(content),
});

describe("a project of several in a workspace", () => {
  const outer = npm("", { name: "all", devDependencies: { jest: "30" } });

  it("tests as it says itself, and else as what is around it does", () => {
    const own = npm("packages/a", { name: "a", devDependencies: { mocha: "12" } });
    const silent = npm("packages/b", { name: "b" });
    assert.equal(testFramework("typescript", { tests: [], manifests: [own, outer] }), "mocha");
    assert.equal(testFramework("typescript", { tests: [], manifests: [silent, outer] }), "jest");
    assert.equal(testFramework("typescript", { tests: [], manifests: [silent] }), "node:test");
    const broken = { ...own, text: "{" };
    assert.equal(testFramework("typescript", { tests: [], manifests: [broken, outer] }), "jest");
  });

  it("is the nearest folder with a manifest that makes one", () => {
    const type = npm("packages/a/src", { type: "module" });
    assert.equal(projectFolder([type, npm("packages/a", { name: "a" }), outer]), "packages/a");
    assert.equal(projectFolder([{ folder: "backend", name: "pyproject.toml", text: "" }, outer]), "backend");
    assert.equal(projectFolder([]), "");
  });
});
