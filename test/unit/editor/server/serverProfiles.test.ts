import assert from "node:assert/strict";
import { ServerProfiles } from "../../../../src/editor/server/serverProfiles.ts";
import type { Settings } from "../../../../src/editor/settings.ts";
import { machineSettingsOf } from "../../../../src/editor/settingValues.ts";

/** The user's settings and the editor's memory, as plain values. */
function setup() {
  const values: Record<string, unknown> = {};
  const kept: Record<string, unknown> = {};
  const problems: string[] = [];
  const asked: (string | undefined)[] = [];
  const settings = {
    own: (key: string) => values[key],
    get machine() {
      return machineSettingsOf(
        (key) => values[key],
        (_, message) => void problems.push(message),
        8,
      );
    },
    async update(name: string, value: unknown) {
      if (value === undefined) delete values[name];
      else values[name] = value;
      const { backend, server } = settings.machine;
      asked.push(backend === "server" ? server.url : undefined);
    },
  };
  const memory = {
    keys: () => Object.keys(kept),
    get: (key: string, fallback: unknown) => kept[key] ?? fallback,
    update: async (key: string, value: unknown) => {
      kept[key] = value;
    },
  };
  const profiles = new ServerProfiles(
    settings as unknown as Settings,
    memory as unknown as ConstructorParameters<typeof ServerProfiles>[1],
  );
  return { values, profiles, settings, problems, asked };
}

const team = { name: "team", url: "https://models.example.com/v1", completionModel: "coder", fim: "infill" };
const laptop = { name: "laptop", url: "http://127.0.0.1:11434/v1", chatModel: "talker" };
const report = { kind: "llama-server", version: "b6500", firstTextMs: 40, at: 1 };

describe("profiles in the settings", () => {
  it("are kept with what the probe found, used, switched, replaced and forgotten", async () => {
    const { values, profiles, settings, problems } = setup();
    await profiles.save(team, report);
    await profiles.save(laptop, { ...report, kind: "Ollama" });
    assert.deepEqual(profiles.all, [team, laptop]);
    assert.equal(profiles.current, "laptop");
    assert.equal(settings.machine.server.url, laptop.url);
    assert.equal(settings.machine.backend, "server");
    assert.deepEqual(profiles.report("team"), report);

    await profiles.use("team");
    const { server } = settings.machine;
    assert.deepEqual(
      [server.profile, server.url, server.completionModel, server.fim],
      ["team", team.url, "coder", "infill"],
    );
    await profiles.use(undefined);
    assert.equal(profiles.current, undefined);
    assert.equal(settings.machine.backend, "embedded");

    const { completionModel: _, ...changed } = team;
    await profiles.save(changed, report);
    assert.deepEqual(profiles.all, [laptop, changed]);
    await profiles.remove("team");
    assert.equal(profiles.current, undefined);
    assert.equal(profiles.report("team"), undefined);
    await profiles.remove("laptop");
    assert.deepEqual(values, {});
    assert.deepEqual(problems, []);
  });

  it("that cannot be used stay as they are written when another one is saved or forgotten", async () => {
    const { values, profiles } = setup();
    const wrong = { url: "models.example.com/v1", completionModel: "coder" };
    const kept = { ...laptop, name: undefined, note: "mine" };
    values["server.profiles"] = { wrong, kept };
    await profiles.save(team, report);
    const { name: _, ...written } = team;
    assert.deepEqual(values["server.profiles"], { wrong, kept, team: written });
    await profiles.remove("team");
    assert.deepEqual(values["server.profiles"], { wrong, kept });
  });

  it("leave for the embedded engine without another server in between", async () => {
    const { values, profiles, asked } = setup();
    values["server.url"] = "http://a/v1";
    await profiles.save(team, report);
    await profiles.save(laptop, report);
    await profiles.use("team");
    asked.length = 0;
    await profiles.use(undefined);
    assert.deepEqual(asked, [undefined, undefined]);
    await profiles.use("team");
    assert.deepEqual(asked.slice(2), [undefined, team.url]);
  });

  it("say when the one in use is not there, and fall back to the bare address", () => {
    const { values, settings, problems } = setup();
    Object.assign(values, { backend: "server", "server.url": "http://a/v1", "server.profile": "gone" });
    assert.equal(settings.machine.server.url, "http://a/v1");
    assert.match(problems.join(), /no profile "gone"/);
  });
});
