import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  checkCommandOf,
  completionSettingsOf,
  machineSettingsOf,
} from "../../../src/editor/settingValues.ts";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const properties: Record<string, { default: unknown; scope: string }> =
  manifest.contributes.configuration.properties;
const defaults = (key: string): unknown => properties[`wisp.${key}`]?.default;

function problems(): { readonly seen: string[]; readonly report: (key: string, message: string) => void } {
  const seen: string[] = [];
  return { seen, report: (key) => seen.push(key) };
}

function changed(values: Readonly<Record<string, unknown>>): (key: string) => unknown {
  return (key) => (key in values ? values[key] : defaults(key));
}

describe("settings", () => {
  it("takes the manifest's defaults without a complaint, and they are the code's own", () => {
    const { seen, report } = problems();
    const fromManifest = completionSettingsOf(defaults, report, false);
    const machine = machineSettingsOf(defaults, report, 8);
    assert.deepEqual(seen, []);
    const nothing = (): undefined => undefined;
    assert.deepEqual(fromManifest, completionSettingsOf(nothing, report, false));
    assert.deepEqual(machine, machineSettingsOf(nothing, report, 8));
  });

  it("clamps numbers out of range and names the setting once", () => {
    const { seen, report } = problems();
    const read = changed({ "suggestions.maxLines": 900, "debounce.min": -5, targetLatency: 1 });
    const settings = completionSettingsOf(read, report, false);
    assert.equal(settings.maxLines, 60);
    assert.equal(settings.debounce.minMs, 50);
    assert.equal(settings.targetLatencyMs, 100);
    assert.deepEqual(seen.sort(), ["debounce.min", "suggestions.maxLines", "targetLatency"]);
  });

  it("never lets the longest debounce be below the shortest", () => {
    const { seen, report } = problems();
    const settings = completionSettingsOf(
      changed({ "debounce.min": 800, "debounce.max": 100 }),
      report,
      false,
    );
    assert.deepEqual(settings.debounce, { minMs: 800, maxMs: 800 });
    assert.deepEqual(seen, ["debounce.max"]);
  });

  it("uses no address that may hold a secret, says why, and does not repeat it", () => {
    const addresses: readonly [string, RegExp][] = [
      ["https://me:hush@server.example/v1", /name or password/],
      ["https://server.example/v1?api_key=hush", /more than an address, from a “\?”.*asks for the key/],
      ["https://server.example/v1#hush", /more than an address/],
      ["server.example/v1?api_key=hush", /takes an http or https address/],
      ["ftp://me:hush@server.example", /takes an http or https address/],
    ];
    for (const key of ["server.url", "download.endpoint"]) {
      for (const [address, why] of addresses) {
        const told: string[] = [];
        const machine = machineSettingsOf(changed({ [key]: address }), (_, text) => told.push(text), 8);
        assert.ok(!JSON.stringify(machine).includes("server.example"), address);
        assert.match(told.join(), why);
        assert.ok(!told.join().includes("hush"), address);
      }
    }
  });

  it("survives values of every wrong kind", () => {
    for (const wrong of [null, "text", 7, Number.NaN, true, [], {}, [1], { a: 1 }]) {
      const { report } = problems();
      const completion = completionSettingsOf(() => wrong, report, true);
      const machine = machineSettingsOf(() => wrong, report, 8);
      assert.ok(completion.maxLines >= 1 && completion.debounce.maxMs >= completion.debounce.minMs);
      assert.ok(completion.excludeGlobs.every((glob) => typeof glob === "string"));
      assert.ok(["embedded", "server"].includes(machine.backend));
      assert.ok(Number.isInteger(machine.engine.threads) && machine.engine.threads >= 0);
    }
  });

  it("tells which entries of a list or an object it leaves out", () => {
    const { seen, report } = problems();
    const read = changed({
      enableByLanguage: { typescript: "off", python: false },
      excludeGlobs: ["**/a", 7],
    });
    const settings = completionSettingsOf(read, report, false);
    assert.deepEqual(settings.enableByLanguage, { python: false });
    assert.deepEqual(settings.excludeGlobs, ["**/a"]);
    assert.deepEqual(seen.sort(), ["enableByLanguage", "excludeGlobs"]);
  });

  it("uses no relative model path and no address that is not http", () => {
    const { seen, report } = problems();
    const machine = machineSettingsOf(
      changed({ "model.path": "model.gguf", "server.url": "file:///etc" }),
      report,
      8,
    );
    assert.equal(machine.model.path, undefined);
    assert.equal(machine.server.url, undefined);
    assert.deepEqual(seen.sort(), ["model.path", "server.url"]);
  });

  it("asks for more context than a prompt needs at least", () => {
    const { seen, report } = problems();
    assert.equal(machineSettingsOf(changed({ "engine.contextSize": 64 }), report, 8).engine.contextSize, 512);
    assert.deepEqual(seen, ["engine.contextSize"]);
  });

  it("treats an untitled text as code", () => {
    const { report } = problems();
    const of = (untitled: boolean) =>
      completionSettingsOf(defaults, report, untitled).enableByLanguage["plaintext"];
    assert.equal(of(false), false);
    assert.equal(of(true), true);
  });

  it("lets no workspace choose a server, a file or the engine's resources", () => {
    const machineOnly = Object.keys(properties).filter((key) =>
      /^wisp\.(backend|server|model|engine|download)/.test(key),
    );
    assert.ok(machineOnly.length >= 10);
    for (const key of machineOnly) assert.equal(properties[key]?.scope, "application", key);
    const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    assert.deepEqual(
      [...restrictedConfigurations].sort(),
      [...machineOnly, "wisp.fix.checkCommand"].sort(),
      "the check command counts in trusted workspaces, and is asked about there",
    );
  });

  it("has a check command only where one is set, with a time limit within bounds", () => {
    const { seen, report } = problems();
    assert.equal(checkCommandOf(defaults, report), undefined);
    assert.deepEqual(checkCommandOf(changed({ "fix.checkCommand": " npm test " }), report), {
      command: "npm test",
      timeLimitMs: 120_000,
    });
    assert.deepEqual(seen, []);
    const wrong = changed({ "fix.checkCommand": ["npm", "test"], "fix.checkTimeLimit": 0 });
    assert.equal(checkCommandOf(wrong, report), undefined);
    assert.deepEqual(seen.sort(), ["fix.checkCommand", "fix.checkTimeLimit"]);
  });
});
