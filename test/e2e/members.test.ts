import assert from "node:assert/strict";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

/** Names that no model has seen, in a file of their own. */
const members = ["quibbleCount", "quibbleOwner", "startQuibbling", "stopQuibbling"];
const board = `export class QuibbleBoard {
  quibbleCount = 0;
  quibbleOwner = "";

  startQuibbling(owner: string): void {
    this.quibbleOwner = owner;
  }

  stopQuibbling(): void {
    this.quibbleOwner = "";
  }
}
`;
const head = `import { QuibbleBoard } from "./board";

export function begin(board: QuibbleBoard, owner: string): void {
  `;

describe("a suggestion behind a dot, with VS Code's own TypeScript server", () => {
  let session: Session;

  before(async () => {
    session = await Session.start({
      files: { "src/board.ts": board, "src/use.ts": `${head}\n}\n`, "tsconfig.json": "{}\n" },
      settings: { "editor.autoIndent": "none", "wisp.suggestions.quietness": "eager" },
    });
  });

  after(() => session.stop());

  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    const { traces, status } = await session.wisp();
    console.error(JSON.stringify({ status, traces: traces.slice(0, 6) }, null, 1));
    await session.editor.screenshot("members-failed");
  });

  it("offers a member that exists, although no other place of the file names it", async () => {
    const { editor } = session;
    await editor.open("src/use.ts", head.split("\n").length, 3);
    const ghost = await until("ghost text that begins with a member", 60_000, async () => {
      // The language server takes its time at first, and what comes before it knows the file is not held to it.
      await editor.type("board.");
      const shown = await editor.waitForGhostText(6_000).catch(() => "");
      const { traces } = await session.wisp();
      const known = traces.find(({ candidates }) =>
        candidates?.some(({ features }) => features.isKnownMember === 1),
      );
      if (shown !== "" && known) return shown;
      await editor.press("Backspace", "board.".length);
      return "";
    });
    await editor.screenshot("members");
    const name = /^\w+/.exec(ghost)?.[0] ?? "";
    assert.ok(members.includes(name), `${name} is no member; shown: ${ghost}`);
  });
});
