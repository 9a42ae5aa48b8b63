import assert from "node:assert/strict";
import { silentLog } from "../../../src/base/log.ts";
import { namesMissing } from "../../../src/completion/namesThatExist.ts";
import { CursorHints } from "../../../src/context/cursorHints.ts";
import type { MemberSource, Members } from "../../../src/context/members.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import { queryAt } from "./fakeWorkspace.ts";

const { signal } = new AbortController();
const members = (owner: string | undefined, names: readonly string[], isComplete = true): Members => ({
  owner,
  members: names.map((name) => ({ name })),
  isComplete,
});
const source = (answer: () => Promise<Members | undefined>, name = "test"): MemberSource => ({
  name,
  members: answer,
});
const hints = (sources: readonly MemberSource[]) => {
  const clock = new FakeClock();
  return { clock, hints: new CursorHints(sources, clock, silentLog) };
};
const query = queryAt("a.py", "python", "def f():\n    tools = client.li‸");

describe("hints at the cursor", () => {
  it("are asked once while the user types the name", async () => {
    let asked = 0;
    const { hints: told } = hints([source(async () => members("Client", [`m${++asked}`]))]);
    const names = async (code: string) =>
      (await told.offered(queryAt("a.ts", "typescript", code), 40, signal))?.members.members;
    const first = await names("x.‸");
    assert.deepEqual(await names("x.ab‸"), first);
    assert.notDeepEqual(await names("y.‸"), first);
  });

  it("are asked again when another line has changed", async () => {
    let names = ["Map"];
    const { hints: told } = hints([source(async () => members(undefined, names))]);
    const at = async (code: string) =>
      (await told.offered(queryAt("a.ts", "typescript", code), 40, signal))?.members.members.length;
    assert.equal(await at("const a = new ‸\nf();\n"), 1);
    names = ["Map", "Depot"];
    assert.equal(await at("const a = new De‸\nf();\n"), 1);
    assert.equal(await at("const a = new De‸\nclass Depot {}\n"), 2);
  });

  it("do not wait for a late source, take its names when it comes, and survive a failing one", async () => {
    const late = Promise.withResolvers<Members | undefined>();
    const { hints: told, clock } = hints([
      source(() => late.promise, "server"),
      source(() => Promise.reject(new Error("no"))),
      source(async () => members("Client", ["list"], false), "index"),
    ]);
    const first = told.offered(query, 40, signal);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    clock.advance(40);
    assert.deepEqual(
      (await first)?.members.members.map(({ name }) => name),
      ["list"],
    );
    assert.equal((await first)?.source, "index");
    late.resolve(members(undefined, ["list", "links"]));
    const second = await told.offered(query, 40, signal);
    assert.deepEqual(
      second?.members.members.map(({ name }) => name),
      ["list", "links"],
    );
    assert.equal(second?.members.isComplete, true);
    assert.equal(second?.source, "server");
  });

  it("tell what may be made from a receiver's members", async () => {
    const { hints: told } = hints([source(async () => members(undefined, ["Depot"]))]);
    const at = (code: string) => told.offered(queryAt("a.ts", "typescript", code), 40, signal);
    assert.equal((await at("const a = new De‸"))?.isConstruction, true);
    assert.equal((await at("depot.De‸"))?.isConstruction, undefined);
  });

  it("say nothing where nothing is known", async () => {
    const { hints: told } = hints([source(async () => undefined)]);
    assert.equal(await told.offered(query, 40, signal), undefined);
    assert.equal(await told.offered(queryAt("a.ts", "typescript", "const a = ‸"), 40, signal), undefined);
  });
});

describe("names that exist", () => {
  const offered = {
    members: { ...members("Client", ["listTools"]), unlisted: new Set(["toString"]) },
    typed: "li",
    source: "test",
  };

  it("drops a member that does not exist", () => {
    assert.equal(namesMissing("stAll()", { offered }), true);
    assert.equal(namesMissing("nks", { offered: { ...offered, typed: "" } }), true);
  });

  it("drops a class that is not in scope, but no word of the language", () => {
    const constructible = {
      ...offered,
      typed: "",
      members: members(undefined, ["Depot"]),
      isConstruction: true,
    };
    assert.equal(namesMissing("Foreman(1)", { constructible }), true);
    for (const text of [
      "Depot()",
      "class {",
      "int[3]",
      "(a)",
      "void Draw()",
      "$name()",
      "java.util.HashMap()",
    ])
      assert.equal(namesMissing(text, { constructible }), false, text);
    const partial = { ...constructible, members: members(undefined, ["Depot"], false) };
    assert.equal(namesMissing("Foreman(1)", { constructible: partial }), false);
  });

  it("lets what exists, what every value has, and what is no name pass", () => {
    assert.equal(namesMissing("stTools()", { offered }), false);
    assert.equal(namesMissing("toString()", { offered: { ...offered, typed: "" } }), false);
    assert.equal(namesMissing(" = 1", { offered }), false);
  });

  it("does not judge where not everything is known", () => {
    const partly = { ...offered, members: { ...offered.members, isComplete: false } };
    assert.equal(namesMissing("stAll()", { offered: partly }), false);
    assert.equal(namesMissing("stAll()", {}), false);
  });
});
