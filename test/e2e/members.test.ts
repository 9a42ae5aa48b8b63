import assert from "node:assert/strict";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

/** Nothing of it stands where the model reads: only the language server knows what these have. */
const depot = `export class Depot {
  readonly haulage: number = 0;
  reroute(): void {}
}
export class Parcel {
  readonly heft: number = 0;
  reseal(): void {}
}
export class Courier {
  readonly stamina: number = 0;
  dispatchNow(): void {}
}
`;
const members: Readonly<Record<string, readonly string[]>> = {
  depot: ["haulage", "reroute"],
  parcel: ["heft", "reseal"],
  courier: ["stamina", "dispatchNow"],
};

describe("ghost text behind a dot, with VS Code's own TypeScript server", () => {
  let session: Session;

  before(async () => {
    session = await Session.start({
      files: {
        "tsconfig.json": '{ "compilerOptions": { "strict": true }, "include": ["src"] }\n',
        "src/depot.ts": depot,
        "src/use.ts": 'import { Courier, Depot, Parcel } from "./depot";\n\n',
      },
      settings: { "editor.autoIndent": "none" },
    });
  });

  after(() => session.stop());

  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    await session.editor.screenshot("failed-members");
    await session.printTraces();
  });

  /** The name that is suggested behind `receiver.`, asked for by hand; the reason in brackets where none is. */
  async function nameBehind(receiver: string, type: string): Promise<string> {
    const { editor } = session;
    await editor.press("Control+End");
    await editor.type(`\nexport function use${type}(${receiver}: ${type}) {\n  ${receiver}.`, 20);
    const known = (await session.wisp()).traces[0]?.id ?? 0;
    await editor.command("Wisp: Suggest Now");
    const outcome = await session.outcomeIn("use.ts", known);
    const ghost = outcome.kind === "shown" ? await editor.waitForGhostText() : `(${outcome.reason})`;
    await editor.press("Escape");
    await editor.type("x;\n}\n", 20);
    return /^(?:\w+|\(.*)/.exec(ghost)?.[0] ?? "";
  }

  it("names only members that exist", async () => {
    const { editor } = session;
    await editor.open("src/use.ts", 3, 1);
    // The language server needs a while to start.
    await until(
      "the language server tells members",
      120_000,
      () => nameBehind("depot", "Depot"),
      (name) => members["depot"]?.includes(name) ?? false,
    );
    await editor.screenshot("members");
    for (const [receiver, type] of [
      ["parcel", "Parcel"],
      ["courier", "Courier"],
      ["depot", "Depot"],
    ] as const) {
      const name = await nameBehind(receiver, type);
      assert.ok(members[receiver]?.includes(name), `${receiver}.${name}`);
    }
  });
});
