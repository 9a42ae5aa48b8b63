import assert from "node:assert/strict";
import { memberByLanguageServer } from "./support/memberNames.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

/** Nothing of it stands where the model reads. */
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
const members: Readonly<Record<string, RegExp>> = {
  Depot: /^(?:haulage|reroute)$/,
  Parcel: /^(?:heft|reseal)$/,
  Courier: /^(?:stamina|dispatchNow)$/,
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
    await session.editor.open("src/use.ts", 3, 1);
  });

  after(() => session.stop());

  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    await session.editor.screenshot("failed-members");
    await session.printTraces();
  });

  it("names no class behind new that does not exist", async () => {
    const { editor } = session;
    const code =
      "\nexport const first = new Foreman(1);\nexport const second = new Foreman(2);\nexport const third = new ";
    await until("the language server tells what may be made", 120_000, async () => {
      await editor.press("Control+End");
      await editor.type(code, 20);
      const known = (await session.wisp()).traces[0]?.id ?? 0;
      await editor.command("Wisp: Suggest Now");
      const { outcome, members: told } = await session.traceIn("use.ts", known);
      await editor.press("Escape");
      await editor.type("Depot();\n", 20);
      if (told?.source !== "language server") return false;
      if (outcome.kind === "shown") assert.doesNotMatch(outcome.text, /^Foreman/);
      else assert.equal(outcome.reason, "unknown-name");
      return true;
    });
  });

  for (const [type, names] of Object.entries(members)) {
    it(`names only members of ${type}`, async () => {
      const receiver = type.toLowerCase();
      await memberByLanguageServer(session, {
        file: "use.ts",
        code: `\nexport function use${type}(${receiver}: ${type}) {\n  ${receiver}.`,
        rest: "x;\n}\n",
        members: names,
      });
    });
  }
});
