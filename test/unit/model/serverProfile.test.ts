import assert from "node:assert/strict";
import { dialects } from "../../../src/model/dialects.ts";
import { fimWayOf, fimWayText, serverProfilesOf } from "../../../src/model/serverProfile.ts";

describe("server profiles", () => {
  it("reads what can be used and says by name what cannot", () => {
    const problems: string[] = [];
    const profiles = serverProfilesOf(
      {
        team: {
          url: " https://models.example.com/v1/ ",
          completionModel: "coder",
          chatModel: "",
          fim: "template:qwen2.5-coder",
        },
        plain: { url: "http://127.0.0.1:8080/v1" },
        "no address": {},
        "with key": { url: "https://user:key@example.com/v1" },
        "with query": { url: "https://example.com/v1?api_key=1" },
        "with fragment": { url: "https://example.com/v1#1" },
        file: { url: "file:///etc/passwd" },
        "wrong way": { url: "http://a/v1", fim: "template" },
        text: "http://a/v1",
      },
      (name, problem) => problems.push(`${name} ${problem}`),
    );
    assert.deepEqual(profiles, [
      {
        name: "team",
        url: "https://models.example.com/v1",
        completionModel: "coder",
        fim: "template:qwen2.5-coder",
      },
      { name: "plain", url: "http://127.0.0.1:8080/v1" },
    ]);
    assert.equal(problems.length, 7);
    assert.match(problems.join("\n"), /with key has a key or password/);
    assert.match(problems.join("\n"), /with query has more than an address in its url/);
    for (const value of [undefined, null, 3, "x", []])
      assert.deepEqual(
        serverProfilesOf(value, () => assert.fail()),
        [],
      );
  });

  it("writes and reads every way of filling in the middle", () => {
    for (const dialect of Object.keys(dialects) as (keyof typeof dialects)[]) {
      const way = dialects[dialect].prompt === "family" ? { dialect, family: "starcoder2" } : { dialect };
      assert.deepEqual(fimWayOf(fimWayText(way)), way);
    }
    for (const text of ["", "nothing", "toString", "template", "infill:qwen2.5-coder", "template:"])
      assert.equal(fimWayOf(text), undefined, text);
  });
});
