import assert from "node:assert/strict";
import fc from "fast-check";
import { GhostFollower } from "../../../src/editor/shownGhost.ts";

const uri = "file:///a.ts";
const text = "items.length;\n}";

function shown(candidates = [{ id: 7, text, replaceRight: 0 }]): GhostFollower {
  const follower = new GhostFollower();
  follower.show({ uri, line: 3, character: 9, lineLeft: "  return ", candidates });
  return follower;
}

const at = (character: number, inserted: string, line = 3) => ({ line, character, text: inserted });

describe("what becomes of ghost text", () => {
  it("is accepted whole by one edit at the cursor, or by one that begins at the line's start", () => {
    assert.deepEqual(shown().changed(uri, at(9, text), false), { kind: "accepted", id: 7 });
    assert.deepEqual(shown().changed(uri, at(0, `  return ${text}`), false), { kind: "accepted", id: 7 });
  });

  it("is accepted when the editor leaves out the closers that were there already", () => {
    const follower = shown([{ id: 7, text: "a, b)", replaceRight: 1 }]);
    assert.deepEqual(follower.changed(uri, at(9, "a, b"), false), { kind: "accepted", id: 7 });
  });

  it("is typed through key by key and then accepted in parts", () => {
    const follower = shown();
    assert.deepEqual(follower.changed(uri, at(9, "i"), false), { kind: "typedThrough" });
    assert.deepEqual(follower.changed(uri, at(10, "t"), false), { kind: "typedThrough" });
    const part = follower.changed(uri, at(11, "ems"), false);
    assert.deepEqual(part, { kind: "partlyAccepted", id: 7, acceptedChars: 5 });
    assert.deepEqual(follower.changed(uri, at(14, ".length;\n"), false), {
      kind: "partlyAccepted",
      id: 7,
      acceptedChars: 14,
    });
    assert.deepEqual(follower.changed(uri, at(0, "}", 4), true), { kind: "accepted", id: 7 });
  });

  it("counts one character as accepted only when a command has put it there", () => {
    assert.equal(shown().changed(uri, at(9, "i"), false).kind, "typedThrough");
    assert.equal(shown().changed(uri, at(9, "i"), true).kind, "partlyAccepted");
  });

  it("tells several candidates apart", () => {
    const both = [
      { id: 1, text: "alpha()", replaceRight: 0 },
      { id: 2, text: "almost()", replaceRight: 0 },
    ];
    const follower = shown(both);
    assert.equal(follower.changed(uri, at(9, "a"), false).kind, "typedThrough");
    assert.deepEqual(follower.changed(uri, at(10, "lmost()"), false), { kind: "accepted", id: 2 });
  });

  it("is gone after anything else", () => {
    assert.equal(shown().changed(uri, at(9, "x"), false).kind, "gone");
    assert.equal(shown().changed(uri, at(3, "i"), false).kind, "gone");
    assert.equal(shown().changed(uri, at(9, "i", 4), false).kind, "gone");
    assert.equal(shown().changed("file:///b.ts", at(9, "i"), false).kind, "gone");
    const follower = shown();
    follower.changed(uri, at(9, ""), false);
    assert.equal(follower.ghost, undefined);
  });

  it("never counts more as accepted than there is, however the text is cut into edits", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(fc.integer({ min: 1, max: 5 })), (ghost, cuts) => {
        const follower = new GhostFollower();
        const candidates = [{ id: 1, text: ghost, replaceRight: 0 }];
        follower.show({ uri, line: 0, character: 0, lineLeft: "", candidates });
        let taken = "";
        for (const cut of cuts) {
          const piece = ghost.slice(taken.length, taken.length + cut);
          if (piece === "") break;
          const lines = taken.split("\n");
          const edit = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0, text: piece };
          const change = follower.changed(uri, edit, true);
          taken += piece;
          if (taken === ghost) assert.deepEqual(change, { kind: "accepted", id: 1 });
          else assert.deepEqual(change, { kind: "partlyAccepted", id: 1, acceptedChars: taken.length });
        }
      }),
    );
  });
});
