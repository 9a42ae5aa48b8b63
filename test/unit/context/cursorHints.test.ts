import assert from "node:assert/strict";
import { silentLog } from "../../../src/base/log.ts";
import { namesMissing } from "../../../src/completion/namesThatExist.ts";
import { CursorHints } from "../../../src/context/cursorHints.ts";
import type { MemberSource, Members, SignatureSource } from "../../../src/context/members.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import { queryAt } from "./fakeWorkspace.ts";

const { signal } = new AbortController();
const members = (owner: string | undefined, signatures: readonly string[], isComplete = true): Members => ({
  owner,
  members: signatures.map((signature) => ({ name: /^\w+/.exec(signature)?.[0] ?? "", signature })),
  isComplete,
});
const source = (answer: () => Promise<Members | undefined>): MemberSource => ({
  name: "test",
  members: answer,
});
const hints = (sources: readonly MemberSource[], signatures: readonly SignatureSource[] = []) => {
  const clock = new FakeClock();
  return { clock, hints: new CursorHints({ members: sources, signatures }, clock, silentLog) };
};
const query = queryAt("a.py", "python", "def f():\n    tools = client.li‸");

describe("hints at the cursor", () => {
  it("are one comment line in the cursor's indentation, what is begun first", async () => {
    const { hints: told } = hints([source(async () => members("Client", ["close()", "list_tools(cursor)"]))]);
    assert.equal(await told.comment(query, 40, signal), "    # Client: list_tools(cursor)\n");
  });

  it("stay the same while the user types the name", async () => {
    let asked = 0;
    const { hints: told } = hints([source(async () => members("Client", [`m${++asked}()`]))]);
    const first = await told.comment(queryAt("a.ts", "typescript", "x.‸"), 40, signal);
    assert.equal(await told.comment(queryAt("a.ts", "typescript", "x.ab‸"), 40, signal), first);
    assert.notEqual(await told.comment(queryAt("a.ts", "typescript", "y.‸"), 40, signal), first);
  });

  it("do not wait for a late source, take its names when it comes, and survive a failing one", async () => {
    const late = Promise.withResolvers<Members | undefined>();
    const { hints: told, clock } = hints([
      source(() => late.promise),
      source(() => Promise.reject(new Error("no"))),
      source(async () => members("Client", ["list(all: boolean)"], false)),
    ]);
    const first = told.offered(query, 40, signal);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    clock.advance(40);
    assert.deepEqual(
      (await first)?.members.members.map(({ name }) => name),
      ["list"],
    );
    late.resolve(members(undefined, ["list", "links"]));
    const second = await told.offered(query, 40, signal);
    assert.deepEqual(
      second?.members.members.map(({ signature }) => signature),
      ["list(all: boolean)", "links"],
    );
    assert.equal(second?.members.isComplete, true);
  });

  it("say nothing where nothing is known", async () => {
    const { hints: told } = hints([source(async () => undefined)]);
    assert.equal(await told.comment(query, 40, signal), undefined);
    assert.equal(await told.offered(query, 40, signal), undefined);
    assert.equal(await told.comment(queryAt("a.ts", "typescript", "const a = ‸"), 40, signal), undefined);
  });

  it("tell the signature inside a call's parentheses", async () => {
    const { hints: told } = hints([], [{ name: "test", signatures: async () => ["send(to: string)"] }]);
    const comment = await told.comment(queryAt("a.ts", "typescript", "  send(‸)"), 40, signal);
    assert.equal(comment, "  // send(to: string)\n");
  });

  it("stay short whatever a type holds", async () => {
    const many = Array.from(
      { length: 500 },
      (_, index) => `member${index}(argument: SomeRatherLongType): Result`,
    );
    const { hints: told } = hints([source(async () => members("Huge", many))]);
    const comment = (await told.comment(queryAt("a.ts", "typescript", "huge.‸"), 40, signal)) ?? "";
    assert.ok(comment.length > 200 && comment.length < 420, `${comment.length} characters`);
  });
});

describe("names that exist", () => {
  const offered = {
    members: { ...members("Client", ["listTools()"]), unlisted: new Set(["toString"]) },
    typed: "li",
  };

  it("drops a member that does not exist", () => {
    assert.equal(namesMissing("stAll()", { offered }), true);
    assert.equal(namesMissing("nks", { offered: { ...offered, typed: "" } }), true);
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
