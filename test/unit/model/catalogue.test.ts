import assert from "node:assert/strict";
import fc from "fast-check";
import { catalogue, defaultModelId } from "../../../src/model/catalogue.ts";
import {
  amxInCpuInfo,
  coresInCpuInfo,
  freeDiskBytes,
  type Machine,
  readMachine,
} from "../../../src/model/machine.ts";
import { modelDirectory } from "../../../src/model/modelDirectory.ts";
import { memoryFit, recommend } from "../../../src/model/recommendation.ts";

const gigabyte = 1e9;

function machine(cores: number, gigabytes: number, free = gigabytes): Machine {
  return {
    physicalCores: cores,
    logicalCores: 2 * cores,
    totalMemoryBytes: gigabytes * gigabyte,
    availableMemoryBytes: free * gigabyte,
  };
}

describe("catalogue", () => {
  it("is complete and consistent", () => {
    assert(catalogue.some(({ id }) => id === defaultModelId));
    for (const field of ["id", "fileName", "sha256"] as const) {
      assert.equal(new Set(catalogue.map((entry) => entry[field])).size, catalogue.length);
    }
    for (const entry of catalogue) {
      assert.match(entry.sha256, /^[0-9a-f]{64}$/);
      assert.match(entry.hub.revision, /^[0-9a-f]{40}$/);
      assert.match(entry.fileName, /^[\w.-]+\.gguf$/);
      assert(entry.ramBytes > entry.sizeBytes);
    }
    assert.match(catalogue.find(({ id }) => id.endsWith("3b"))?.licence.note ?? "", /research/);
  });

  it("recommends the smallest where cores are few and the next where they are many", () => {
    assert.equal(recommend(machine(2, 16)).entry.id, "qwen2.5-coder-0.5b");
    assert.equal(recommend(machine(8, 16)).entry.id, "qwen2.5-coder-1.5b");
    assert.equal(recommend(machine(8, 16, 1.2)).entry.id, "qwen2.5-coder-0.5b");
  });

  it("follows a measured speed", () => {
    const at = (decodeTokensPerSecond: number) =>
      recommend(machine(4, 64), { modelId: "qwen2.5-coder-0.5b", decodeTokensPerSecond }).entry.id;
    assert.equal(at(35), "qwen2.5-coder-0.5b");
    assert.equal(at(100), "qwen2.5-coder-1.5b");
    assert.equal(at(1000), "qwen2.5-coder-7b");
  });

  it("never recommends a restricted licence, nor more memory than there is, and only grows with speed", () => {
    fc.assert(
      fc.property(
        fc.record({ cores: fc.integer({ min: 1, max: 64 }), memory: fc.integer({ min: 4, max: 128 }) }),
        fc.double({ min: 0.1, max: 2000, noNaN: true }),
        fc.double({ min: 1, max: 10, noNaN: true }),
        ({ cores, memory }, decodeTokensPerSecond, factor) => {
          const here = machine(cores, memory);
          const speed = { modelId: defaultModelId, decodeTokensPerSecond };
          const slow = recommend(here, speed).entry;
          const fast = recommend(here, {
            ...speed,
            decodeTokensPerSecond: factor * decodeTokensPerSecond,
          }).entry;
          for (const entry of [slow, fast, recommend(here).entry]) {
            assert.equal(entry.licence.note, undefined);
            assert.notEqual(memoryFit(entry, here), "too-large");
          }
          assert(fast.sizeBytes >= slow.sizeBytes);
        },
      ),
    );
  });

  it("tells what fits", () => {
    const large = catalogue.at(-1);
    assert(large);
    assert.equal(memoryFit(large, machine(8, 32)), "fits");
    assert.equal(memoryFit(large, machine(8, 32, 3)), "tight");
    assert.equal(memoryFit(large, machine(8, 6)), "too-large");
  });
});

describe("models folder", () => {
  const of = (platform: NodeJS.Platform, env: Record<string, string>, home = "/home/u") =>
    modelDirectory({ platform, env, home });

  it("is where each system keeps a user's data", () => {
    assert.equal(of("linux", {}), "/home/u/.local/share/wisp/models");
    assert.equal(of("linux", { XDG_DATA_HOME: "/data" }), "/data/wisp/models");
    assert.equal(of("linux", { XDG_DATA_HOME: "data" }), "/home/u/.local/share/wisp/models");
    assert.equal(of("darwin", {}, "/Users/u"), "/Users/u/Library/Application Support/wisp/models");
    assert.equal(of("win32", { LOCALAPPDATA: "D:\\Local" }), "D:\\Local\\wisp\\models");
    assert.equal(of("win32", {}, "C:\\Users\\u"), "C:\\Users\\u\\AppData\\Local\\wisp\\models");
  });

  it("is another one when WISP_MODELS_DIR says so", () => {
    assert.equal(of("linux", { WISP_MODELS_DIR: "/m/../n" }), "/n");
    assert.equal(of("win32", { WISP_MODELS_DIR: "E:\\m" }), "E:\\m");
  });

  it("is not guessed from a relative WISP_MODELS_DIR", () => {
    assert.throws(() => of("linux", { WISP_MODELS_DIR: "models" }), {
      code: "folder-unusable",
      message: /"models"/,
    });
  });
});

describe("machine", () => {
  it("reads this one", async () => {
    const here = await readMachine();
    assert(here.physicalCores >= 1 && here.physicalCores <= here.logicalCores);
    assert(here.availableMemoryBytes > 0 && here.availableMemoryBytes <= here.totalMemoryBytes);
    assert((await freeDiskBytes(".")) > 0);
  });

  it("counts cores, not threads", () => {
    const thread = (socket: number, core: number) =>
      `processor: 0\nphysical id\t: ${socket}\ncore id\t\t: ${core}\n`;
    assert.equal(coresInCpuInfo([thread(0, 0), thread(0, 0), thread(0, 1), thread(1, 0)].join("\n")), 3);
    assert.equal(coresInCpuInfo("processor : 0\nBogoMIPS : 50\n"), undefined);
  });

  it("sees AMX among a processor's flags only", () => {
    assert.equal(
      amxInCpuInfo("processor\t: 0\nflags\t\t: fpu amx_bf16 amx_tile amx_int8 rdpid\nbugs\t: x\n"),
      true,
    );
    assert.equal(amxInCpuInfo("flags\t\t: fpu avx512_vnni amx_tile\nmodel name\t: amx_int8\n"), false);
    assert.equal(amxInCpuInfo(""), false);
  });
});
