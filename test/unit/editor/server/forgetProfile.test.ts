import assert from "node:assert/strict";
import { forgetProfile } from "../../../../src/editor/server/forgetProfile.ts";
import { proposedName } from "../../../../src/editor/server/profileText.ts";
import type { ServerProfile } from "../../../../src/model/serverProfile.ts";

function setup(
  all: readonly ServerProfile[],
  kept: Record<string, string>,
  agrees: boolean,
  bareUrl?: string,
) {
  const asked: string[] = [];
  const removed: string[] = [];
  const stored = new Map(Object.entries(kept));
  const parts = {
    profiles: { all, bareUrl, remove: async (name: string) => void removed.push(name) },
    keys: {
      get: async (url: string) => stored.get(new URL(url).origin),
      set: async (url: string, key: string) => {
        if (key === "") stored.delete(new URL(url).origin);
        else stored.set(new URL(url).origin, key);
      },
    },
    confirm: async (question: string, detail: string) => {
      asked.push(`${question} ${detail}`.trim());
      return agrees;
    },
  };
  return { parts, asked, removed, stored };
}

const team = { name: "team", url: "https://models.example.com/v1" };
const other = { name: "other", url: "https://models.example.com/other/v1" };
const laptop = { name: "laptop", url: "http://127.0.0.1:8080/v1" };
const key = { "https://models.example.com": "secret" };

describe("forgetting a server profile", () => {
  it("asks first, and leaves everything as it is when the user thinks again", async () => {
    const { parts, asked, removed, stored } = setup([team, laptop], key, false);
    await forgetProfile("team", parts);
    assert.match(asked.join(), /Forget the server profile “team”\? The key .* is removed too/);
    assert.deepEqual(removed, []);
    assert.equal(stored.size, 1);
  });

  it("takes the key with it, unless another profile or the bare address needs it", async () => {
    const alone = setup([team, laptop], key, true);
    await forgetProfile("team", alone.parts);
    assert.deepEqual(alone.removed, ["team"]);
    assert.equal(alone.stored.size, 0);
    const shared = setup([team, other], key, true);
    await forgetProfile("team", shared.parts);
    assert.deepEqual(shared.removed, ["team"]);
    assert.deepEqual(shared.asked, ["Forget the server profile “team”?"]);
    assert.equal(shared.stored.size, 1);
    const bare = setup([team], key, true, other.url);
    await forgetProfile("team", bare.parts);
    assert.deepEqual([bare.removed, bare.stored.size], [["team"], 1]);
    const without = setup([laptop], key, true);
    await forgetProfile("laptop", without.parts);
    assert.deepEqual(without.asked, ["Forget the server profile “laptop”?"]);
    assert.equal(without.stored.size, 1);
  });
});

describe("the name of a new server profile", () => {
  it("is one that no other server has", () => {
    assert.equal(proposedName("llama-server", "http://a/v1", []), "llama-server");
    const first = { name: "llama-server", url: "http://127.0.0.1:8080/v1" };
    const second = { name: "llama-server 2", url: "http://127.0.0.1:8012/v1" };
    assert.equal(proposedName("llama-server", second.url, [first]), "llama-server 2");
    assert.equal(proposedName("llama-server", "http://127.0.0.1:9000/v1", [first, second]), "llama-server 3");
  });

  it("is the old one where the same server is connected again", () => {
    assert.equal(proposedName("models.example.com", team.url, [laptop, team]), "team");
  });
});
