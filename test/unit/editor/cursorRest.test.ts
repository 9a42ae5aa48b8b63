import assert from "node:assert/strict";
import { CursorRest } from "../../../src/editor/cursorRest.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

const at = (version: number, uri = "file:///w/a.ts") => ({ uri, version });

function watched({ isUsed = true } = {}) {
  const clock = new FakeClock();
  let rests = 0;
  const watching = new CursorRest(clock, () => {
    rests++;
    return isUsed;
  });
  const rest = {
    shown: watching.shown.bind(watching),
    moved: (document: ReturnType<typeof at>, byMouse = false) => watching.moved(document, byMouse),
    dispose: () => watching.dispose(),
  };
  /** Rests that were told in so many milliseconds. */
  const within = (ms: number): number => {
    const before = rests;
    clock.advance(ms);
    return rests - before;
  };
  return { rest, within };
}

describe("a cursor at rest", () => {
  it("is told of once, where it was moved to last", () => {
    const { rest, within } = watched();
    rest.shown(at(1));
    assert.equal(within(200), 0);
    rest.moved(at(1));
    assert.equal(within(200), 0);
    assert.equal(within(100), 1);
    assert.equal(within(60_000), 0);
  });

  it("is not told of where it was typed to, and typing ends the wait", () => {
    const { rest, within } = watched();
    rest.shown(at(1));
    rest.moved(at(2));
    assert.equal(within(60_000), 0);
    rest.moved(at(2));
    assert.equal(within(300), 1);
  });

  it("is told of in another document, whatever its version", () => {
    const { rest, within } = watched();
    rest.shown(at(1));
    within(300);
    rest.moved(at(2));
    rest.moved(at(7, "file:///w/b.ts"));
    assert.equal(within(300), 1);
  });

  it("has to rest longer each time that nothing is typed, up to a limit, and no longer once something was", () => {
    const { rest, within } = watched();
    rest.shown(at(1));
    for (const ms of [300, 600, 1_200, 2_400, 2_400]) {
      rest.moved(at(1));
      assert.equal(within(ms - 1), 0, `${ms}`);
      assert.equal(within(1), 1, `${ms}`);
    }
    rest.shown(at(1, "file:///w/b.ts"));
    assert.equal(within(300), 1, "another file may be typed in");
    rest.moved(at(1));
    rest.moved(at(2));
    rest.moved(at(2));
    assert.equal(within(300), 1);
  });

  it("has to rest no longer where nothing was done about it", () => {
    const { rest, within } = watched({ isUsed: false });
    for (let move = 0; move < 4; move++) {
      rest.moved(at(1));
      assert.equal(within(300), 1);
    }
  });

  it("is told of where a click moved it, though a formatter has changed the document", () => {
    const { rest, within } = watched();
    rest.shown(at(1));
    within(300);
    rest.moved(at(2), true);
    assert.equal(within(600), 1);
  });

  it("is told of no more after the end", () => {
    const { rest, within } = watched();
    rest.shown(at(1));
    rest.dispose();
    assert.equal(within(60_000), 0);
  });
});
