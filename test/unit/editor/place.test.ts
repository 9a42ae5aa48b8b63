import assert from "node:assert/strict";
import { placeText } from "../../../src/editor/place.ts";

describe("where Wisp runs", () => {
  const facts = { remoteName: undefined, isLocal: true, inBrowser: false };

  it("needs no word where there is but one machine", () => {
    assert.equal(placeText(facts), undefined);
    assert.equal(placeText({ ...facts, isLocal: false }), undefined);
  });

  it("is told apart in a remote window and in a browser", () => {
    assert.equal(
      placeText({ ...facts, remoteName: "ssh-remote" }),
      "on your own computer, not on ssh-remote",
    );
    assert.equal(placeText({ ...facts, remoteName: "wsl", isLocal: false }), "on the remote machine (wsl)");
    assert.equal(placeText({ ...facts, inBrowser: true }), "in this browser");
  });
});
