import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DCLinter } from "dclint";
import { dialects } from "../../../src/model/dialects.ts";
import { serverKind } from "../../../src/model/serverKinds.ts";

const read = (path: string): string => readFileSync(`deploy/${path}`, "utf8");
const caddyfile = read("Caddyfile");
const allowed = /^\s*path (.+)$/m.exec(caddyfile)?.[1]?.split(" ") ?? [];

/** What is wrong with a Compose file by the schema of the Compose specification. */
function schemaProblems(file: string): readonly string[] {
  const linter = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] });
  const messages = linter.lintFiles([file], false).flatMap((result) => result.messages);
  return messages.filter(({ rule }) => /^invalid-/.test(rule)).map(({ message }) => message);
}

describe("the proxy before a model", () => {
  it("lets a browser ask before it sends the token, and read what is answered, a refusal too", () => {
    const preflight = /@preflight \{\s*method OPTIONS\s[^}]*\}\s*handle @preflight \{([^}]*)\}/.exec(
      caddyfile,
    )?.[1];
    assert.match(preflight ?? "", /Access-Control-Allow-Headers "Authorization, Content-Type"/);
    assert.match(preflight ?? "", /Access-Control-Allow-Methods "GET, POST"/);
    assert.doesNotMatch(preflight ?? "", /reverse_proxy/);
    // For every answer, in place of what the model's server says of it: two such headers are none to a browser.
    assert.match(
      caddyfile,
      /\{\$WISP_DOMAIN\} \{[^@]*header \{\s*Access-Control-Allow-Origin \*\s*defer\s*\}/,
    );
  });
});

describe("vLLM's options", () => {
  it("have it tell what was in the cache, which the load test shows", () => {
    assert.match(read("vllm/compose.yaml"), /- --enable-prompt-tokens-details/);
  });
});

describe("schema of Compose files", () => {
  it("is really asked", async () => {
    const folder = await mkdtemp(join(tmpdir(), "wisp-compose-"));
    try {
      const file = join(folder, "compose.yaml");
      await writeFile(file, "services:\n  model:\n    image: a:1\n    restart: [always]\n    imagine: 1\n");
      assert.match(schemaProblems(file).join("\n"), /restart|imagine|additional/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

for (const [folder, kind] of [
  ["vllm", serverKind("vllm")],
  ["llama-server", serverKind("llama-server")],
] as const) {
  describe(`deployment of ${folder}`, () => {
    const compose = read(`${folder}/compose.yaml`);
    const variables = new Map(
      read(`${folder}/.env.example`)
        .split("\n")
        .filter((line) => /^\w+=/.test(line))
        .map((line) => line.split("=", 2) as [string, string]),
    );

    it("follows the schema of Compose files", () => {
      assert.deepEqual(schemaProblems(`deploy/${folder}/compose.yaml`), []);
    });

    it("uses only variables that the example explains", () => {
      const used = [...compose.matchAll(/\$\{(\w+)/g)].map((match) => match[1] ?? "");
      assert.ok(used.length > 5);
      for (const name of used) assert.ok(variables.has(name), name);
      for (const name of variables.keys()) assert.ok(used.includes(name), name);
    });

    it("takes the proxy's servers from .env, where there may be several", () => {
      assert.match(compose, /WISP_UPSTREAM: \$\{WISP_UPSTREAM:-model:8000\}/);
      assert.equal(variables.get("WISP_UPSTREAM"), "model:8000");
      assert.match(caddyfile, /reverse_proxy \{\$WISP_UPSTREAM\} \{/);
    });

    it("has every variable that the guide's commands use", () => {
      const commands = [...readFileSync("docs/team.md", "utf8").matchAll(/```sh\n([\s\S]*?)```/g)].join("\n");
      const used = [...commands.matchAll(/\$([A-Z_]+)/g)].map((match) => match[1] ?? "");
      assert.ok(used.length > 0);
      for (const name of used) assert.ok(variables.has(name), name);
    });

    it("pins every image and holds no secret", () => {
      const images = [...compose.matchAll(/^\s*image: \$\{(\w+):\?/gm)].map((match) => match[1] ?? "");
      assert.equal(images.length, [...compose.matchAll(/^\s*image:/gm)].length);
      for (const name of images) assert.match(variables.get(name) ?? "", /:[\w.-]*\d[\w.-]*$/, name);
      assert.equal(variables.get("WISP_TOKEN"), "");
    });

    it("lets nobody at the model but through the proxy", () => {
      const published = [...compose.matchAll(/^\s*- "(\S+:\d+)"$/gm)].map((match) => match[1]);
      assert.deepEqual(published, ["443:443", "80:80", "127.0.0.1:9090:9090"]);
    });

    it("passes on what Wisp asks such a server for, to those who have the token", () => {
      const asked = kind.dialects.map((dialect) => {
        const { at, path } = dialects[dialect];
        return at === "base" ? `/v1${path}` : path;
      });
      const sign = kind.sign ? [kind.sign.path] : [];
      for (const path of [...asked, ...sign, "/v1/models", "/v1/chat/completions", "/tokenize"])
        assert.ok(allowed.includes(path), path);
      assert.ok(!allowed.includes("/metrics"));
      assert.match(caddyfile, /@wisp \{\s*header Authorization "Bearer \{\$WISP_TOKEN\}"/);
    });
  });
}
