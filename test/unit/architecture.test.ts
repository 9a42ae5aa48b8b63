import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, normalize } from "node:path/posix";

/** The layers that a layer's files may import from, besides their own. `engine` and `chat` also have a protocol. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  base: [],
  model: ["base"],
  syntax: ["base"],
  prompt: ["base", "model", "syntax", "context"],
  context: ["base", "model", "syntax", "prompt"],
  stats: ["base", "context", "prompt", "model", "syntax"],
  completion: ["base", "context", "prompt", "model", "syntax"],
  assist: ["base", "context", "prompt", "model", "syntax"],
  chat: ["base", "context", "prompt", "model", "syntax"],
  editor: ["base", "context", "prompt", "model", "syntax", "completion", "assist", "chat", "stats"],
  engine: ["base"],
};

/** Files that layers without an arrow to them may see all the same, because they are the contract between them. */
const contracts: Readonly<Record<string, readonly string[]>> = {
  "engine/protocol.ts": ["model", "editor"],
  // Facts about model files and the machine, which the engine needs as well; nothing of the client.
  "model/adapterFile.ts": ["engine"],
  "model/fittedFiles.ts": ["engine"],
  "model/ggufHeader.ts": ["engine"],
  "model/machine.ts": ["engine"],
  "model/makeFolder.ts": ["engine"],
  "model/modelStoreError.ts": ["engine"],
};

/** Packages that are imported in these files only, so that they can be exchanged. */
const importersOf: Readonly<Record<string, readonly string[]>> = {
  openai: ["model/openAiSdk.ts"],
  "lru-cache": ["completion/completionCache.ts"],
  "node-llama-cpp": ["engine/llamaRuntime.ts", "engine/loadLlama.ts"],
};

/** The composition roots: of the desktop and of the browser. */
const roots = new Set(["extension.ts", "extension.web.ts"]);

interface Import {
  readonly from: string;
  readonly to: string;
  /** Only types: gone at run time. */
  readonly isType: boolean;
  /** At run time, when it is asked for. */
  readonly isDynamic: boolean;
}

/** Every import and re-export of a source, types and dynamic ones included. */
function importsOf(source: string): readonly Omit<Import, "from">[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "");
  const found = code.matchAll(
    /(?:^|[;}\n])\s*(?:import|export)\s[^;'"]*?\bfrom\s*["']([^"']+)["']|(?:^|\n)\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g,
  );
  return [...found].map((match) => ({
    to: match[1] ?? match[2] ?? match[3] ?? "",
    isType: /^\W*(?:import|export)\s+type\b/.test(match[0]),
    isDynamic: match[3] !== undefined,
  }));
}

const files = globSync("src/**/*.ts").map((file) => file.replaceAll("\\", "/"));
const imports: readonly Import[] = files.flatMap((file) =>
  importsOf(readFileSync(file, "utf8")).map(({ to, ...how }) => ({
    ...how,
    from: file.slice("src/".length),
    to: to.startsWith(".") ? normalize(join(dirname(file), to)).slice("src/".length) : to,
  })),
);
const inside = imports.filter(({ to }) => to.endsWith(".ts"));
const outside = imports.filter(({ to }) => !to.endsWith(".ts"));
const layerOf = (file: string): string => file.split("/")[0] ?? "";
const show = (wrong: readonly Import[]): string[] => wrong.map(({ from, to }) => `${from} imports ${to}`);

describe("architecture", () => {
  it("reads imports of every form", () => {
    const source = `import a from "a";\nimport type { B } from "b";\nimport {\n  c,\n  type D,\n} from "c";\nimport "d";
export { e } from "e";\nexport * from "f";\nconst g = await import("g");\n/** import x from "x"; */`;
    const found = importsOf(source);
    assert.deepEqual(found.map(({ to }) => to).sort(), ["a", "b", "c", "d", "e", "f", "g"]);
    assert.deepEqual(
      found.filter(({ isType }) => isType).map(({ to }) => to),
      ["b"],
    );
    assert.deepEqual(
      found.filter(({ isDynamic }) => isDynamic).map(({ to }) => to),
      ["g"],
    );
    assert.ok(inside.length > 200 && outside.length > 30, "the sources are read");
  });

  it("knows every folder of the sources as a layer", () => {
    const layers = new Set(files.map((file) => layerOf(file.slice("src/".length))));
    for (const root of roots) layers.delete(root);
    assert.deepEqual(
      [...layers].filter((layer) => !(layer in arrows)),
      [],
    );
  });

  it("imports vscode, types included, only in the editor layer and the composition root", () => {
    const wrong = outside.filter(
      ({ from, to }) => to === "vscode" && layerOf(from) !== "editor" && !roots.has(from),
    );
    assert.deepEqual(show(wrong), []);
  });

  it("points its arrows one way", () => {
    const wrong = inside.filter(({ from, to }) => {
      const [layer, target] = [layerOf(from), layerOf(to)];
      if (roots.has(layer) || layer === target) return false;
      return !arrows[layer]?.includes(target) && !contracts[to]?.includes(layer);
    });
    assert.deepEqual(show(wrong), []);
  });

  it("lets the extension see nothing of the engine but its protocol", () => {
    const wrong = inside.filter(
      ({ from, to }) => layerOf(to) === "engine" && layerOf(from) !== "engine" && to !== "engine/protocol.ts",
    );
    assert.deepEqual(show(wrong), []);
  });

  it("imports the composition root nowhere", () => {
    assert.deepEqual(show(inside.filter(({ to }) => roots.has(to))), []);
  });

  it("keeps Node out of what the browser's build is made of", () => {
    const reached = new Set<string>(["extension.web.ts"]);
    for (const file of reached)
      for (const { from, to, isType } of inside) if (from === file && !isType) reached.add(to);
    assert.ok(reached.has("model/openAiClient.ts") && reached.has("completion/completionService.ts"));
    const packages = outside.filter(({ from, isType }) => reached.has(from) && !isType).map(({ to }) => to);
    assert.deepEqual(
      packages.filter((name) => isBuiltin(name)),
      [],
    );
  });

  for (const [name, expected] of Object.entries(importersOf)) {
    it(`imports ${name} in ${expected.join(" and ")} only`, () => {
      const importers = new Set(
        outside.filter(({ to }) => to === name || to.startsWith(`${name}/`)).map(({ from }) => from),
      );
      assert.deepEqual([...importers].sort(), expected);
    });
  }

  it("loads OpenAI's SDK on demand, without a second copy of anything of ours", () => {
    const sdk = "model/openAiSdk.ts";
    const wrong = inside.filter(
      ({ from, to, isType, isDynamic }) => !isType && (from === sdk || (to === sdk && !isDynamic)),
    );
    assert.deepEqual(show(wrong), []);
    assert.ok(inside.some(({ to, isDynamic }) => to === sdk && isDynamic));
    assert.ok(outside.some(({ from, to }) => from === sdk && to === "openai"));
  });

  it("has no import cycle at run time", () => {
    const atRunTime = inside.filter(({ isType }) => !isType);
    const targets = Map.groupBy(atRunTime, ({ from }) => from);
    const state = new Map<string, "open" | "done">();
    const cycles: string[] = [];
    const visit = (file: string, trail: readonly string[]): void => {
      if (state.get(file) === "done") return;
      if (state.get(file) === "open") {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(" → "));
        return;
      }
      state.set(file, "open");
      for (const { to } of targets.get(file) ?? []) visit(to, [...trail, file]);
      state.set(file, "done");
    };
    for (const file of files) visit(file.slice("src/".length), []);
    assert.deepEqual(cycles, []);
  });

  it("keeps files readable: at most 300 lines", () => {
    const long = files.filter((file) => readFileSync(file, "utf8").split("\n").length > 301);
    assert.deepEqual(long, []);
  });
});
