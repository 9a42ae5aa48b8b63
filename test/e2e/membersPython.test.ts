import { memberByLanguageServer } from "./support/memberNames.ts";
import { Session } from "./support/session.ts";

/** Nothing of it stands where the model reads. */
const depot = `class Parcel:
    heft: float = 0.0

    def reseal(self) -> None: ...


class Courier:
    def __init__(self) -> None:
        self.stamina = 1

    def dispatch_now(self) -> None: ...


class Depot:
    haulage: int = 0

    def reroute(self) -> None: ...
`;
/** What every object has, such as `__init__`, exists too and is never meant. */
const members: Readonly<Record<string, RegExp>> = {
  Depot: /^(?:haulage|reroute)$/,
  Parcel: /^(?:heft|reseal)$/,
  Courier: /^(?:stamina|dispatch_now)$/,
};

describe("ghost text behind a dot, with Pyright as the language server of Python", () => {
  let session: Session;

  before(async () => {
    session = await Session.start({
      files: { "depot.py": depot, "use.py": "from depot import Courier, Depot, Parcel\n\n" },
      settings: { "editor.autoIndent": "none" },
      withPythonServer: true,
    });
    await session.editor.open("use.py", 3, 1);
  });

  after(() => session.stop());

  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    await session.editor.screenshot("failed-members-python");
    await session.printTraces();
  });

  for (const [type, names] of Object.entries(members)) {
    it(`names only members of ${type}`, async () => {
      const receiver = type.toLowerCase();
      await memberByLanguageServer(session, {
        file: "use.py",
        code: `\ndef use_${receiver}(${receiver}: ${type}) -> None:\n    ${receiver}.`,
        rest: "x\n",
        members: names,
      });
    });
  }

  it("names only members of what only a type checker can tell", async () => {
    await memberByLanguageServer(session, {
      file: "use.py",
      code: "\ndef use_them(them: list[Parcel]) -> None:\n    first, *others = sorted(them, key=id)\n    first.",
      rest: "x\n",
      members: members["Parcel"] ?? /^$/,
    });
  });
});
