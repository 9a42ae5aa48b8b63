import assert from "node:assert/strict";
import { faceOf, type StatusInputs, statusOf } from "../../../../src/editor/status.ts";

const inputs: StatusInputs = {
  enabled: true,
  snoozedUntil: 0,
  now: 1,
  model: "team",
  profile: "team",
  languageEnabled: true,
  starting: false,
  thinking: false,
};
const face = (more: Partial<StatusInputs>) => faceOf(statusOf({ ...inputs, ...more }), String);

describe("status of a server profile", () => {
  it("shows the profile, and nothing new without one", () => {
    assert.equal(face({}).label, "$(sparkle) Wisp: team");
    assert.equal(face({ thinking: true }).label, "$(loading~spin) Wisp: team");
    assert.equal(face({ profile: undefined }).label, "$(sparkle) Wisp");
  });

  it("says who stands in while the server does not answer", () => {
    const shown = face({ standIn: { model: "Qwen2.5-Coder 0.5B", why: "away" } });
    assert.equal(shown.label, "$(debug-disconnect) Wisp: team");
    assert.match(shown.detail, /team does not answer; Qwen2\.5-Coder 0\.5B on this machine stands in/);
    assert.equal(shown.severity, "warning");
    assert.match(face({ standIn: { model: "Q", why: "slow" } }).detail, /^team is slow; Q on this machine/);
    assert.equal(
      statusOf({ ...inputs, standIn: { model: "Q", why: "away" }, starting: true }).kind,
      "starting",
    );
    assert.equal(statusOf({ ...inputs, starting: true }).kind, "ready");
  });

  it("says without alarm who makes suggestions where the server was to make none", () => {
    const shown = face({ standIn: { model: "Qwen2.5-Coder 0.5B", why: "declined" } });
    assert.equal(shown.label, "$(sparkle) Wisp: team");
    assert.equal(shown.detail, "team chats only; suggestions are made by Qwen2.5-Coder 0.5B on this machine");
    assert.equal(shown.severity, "information");
  });
});
