import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...["docs/servers.md", "docs/team.md", "docs/eval-bugs.md", "bench/REPORT.md", "lab/README.md"],
];

describe("documents", () => {
  for (const document of documents) {
    it(`${document} links to files that exist`, () => {
      const text = readFileSync(join(root, document), "utf8");
      const links = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)].map(
        (match) => match[1] ?? "",
      );
      const missing = links.filter((link) => !existsSync(join(root, dirname(document), link)));
      assert.deepEqual(missing, []);
    });
  }

  it("README names every setting with its default", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const { contributes } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const properties = contributes.configuration.properties as Record<string, { default?: unknown }>;
    for (const [name, { default: value }] of Object.entries(properties)) {
      const row = readme.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
      assert.ok(row, `${name} is not in the table`);
      if (typeof value === "number" || typeof value === "boolean")
        assert.match(row, new RegExp(`\`${value}\``), name);
    }
  });
});
