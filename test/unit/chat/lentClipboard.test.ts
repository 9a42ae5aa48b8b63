import assert from "node:assert/strict";
import { lendClipboard, type TextClipboard } from "../../../src/chat/lentClipboard.ts";

describe("lendClipboard", () => {
  let held: string;
  let used: string[];
  const clipboard: TextClipboard = {
    readText: async () => held.replaceAll("\n", "\r\n"),
    writeText: async (text) => {
      held = text;
    },
  };
  const lend = (mayReplace: boolean, use = async (): Promise<void> => void used.push(held)): Promise<void> =>
    lendClipboard(clipboard, { text: "a\nb", mayReplace: async () => mayReplace, use });

  beforeEach(() => {
    held = "before";
    used = [];
  });

  it("puts back the text that was there, after a failure too, and asks nothing", async () => {
    await lend(false);
    assert.deepEqual([used, held], [["a\nb"], "before"]);
    await assert.rejects(
      lend(false, async () => assert.fail("no terminal")),
      /no terminal/,
    );
    assert.equal(held, "before");
  });

  it("takes the place of what is no text only where it may", async () => {
    held = "";
    await lend(false);
    assert.deepEqual([used, held], [[], ""]);
    await lend(true);
    assert.deepEqual([used, held], [["a\nb"], "a\nb"]);
  });

  it("leaves what was copied meanwhile", async () => {
    await lend(false, async () => {
      held = "copied meanwhile";
    });
    assert.equal(held, "copied meanwhile");
  });
});
