import assert from "node:assert/strict";
import { guided } from "../../../src/completion/healing.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { bench, documentAt, queryAt, requestAt } from "./pipelineBench.ts";

const offered = (typed: string, ...names: string[]) => ({
  members: { owner: "Client", members: names.map((name) => ({ name })), isComplete: true },
  typed,
  source: "language server",
});

describe("answers that are held to members", () => {
  it("begin with the dot, so that the name's first token is the usual one", () => {
    const { prompt, lead } =
      guided(requestAt("await client.li"), offered("li", "list", "links", "call")) ?? {};
    assert.equal(prompt?.prefix, "await client");
    assert.equal(lead, ".li");
    assert.deepEqual(prompt?.beginsWith, [".list", ".links"]);
  });

  for (const before of ["a::", "this->", "list()?.", "rows[0].", "list()\n    ."])
    it(`leave ${JSON.stringify(before)} whole, whose last sign is no part of the name's token`, () => {
      const { prompt, lead } = guided(requestAt(`${before}ne`), offered("ne", "new")) ?? {};
      assert.deepEqual([prompt?.prefix, lead, prompt?.beginsWith], [before, "ne", ["new"]]);
    });

  it("are not, where no member goes on with what is typed or the prompt shows something else", () => {
    assert.equal(guided(requestAt("client.xy"), offered("xy", "list")), undefined);
    assert.equal(guided(requestAt("client.REDACTED"), offered("li", "list")), undefined);
  });
});

describe("what stands behind a full stop", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());
  for (const [where, code] of [
    ["a string", 'board.log("No such board. ⟦⟧");\n'],
    ["a comment", "const board = 1; // No such board. ⟦⟧\n"],
  ] as const) {
    it(`is no member in ${where}`, async () => {
      const hints = { offered: async () => offered("", "quibble") };
      // The clock must not run out while the grammar is read.
      (await syntax.atCursor("warm", "typescript", "const a = 1;", ""))?.dispose();
      const { service, clock, model } = bench(() => "Try again", { syntax, hints, holdToMembers: true });
      const asked = service.provide(queryAt(documentAt(code)), new AbortController().signal);
      for (let turn = 0; turn < 20; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        clock.advance(100);
      }
      assert.deepEqual((await asked).outcome, { kind: "shown", source: "model", text: "Try again" });
      assert.equal(model.requests[0]?.beginsWith, undefined);
    });
  }
});

describe("a suggestion that was begun before the dot", () => {
  const at = (typed: string) => queryAt(documentAt(`function f(board: Board) {\n  ${typed}⟦⟧\n}\n`));
  const before = "board.blather(1);";
  const start = (...names: string[]) => {
    const hints = {
      offered: async ({ prefix }: { prefix: string }) => {
        const typed = /\.(\w*)$/.exec(prefix)?.[1];
        return typed === undefined ? undefined : offered(typed, ...names);
      },
    };
    return bench(({ beginsWith }) => (beginsWith ? ".quibble();" : before), { hints, holdToMembers: true });
  };
  /** Types up to and with the dot, as far as the text is shown. */
  async function typed({ ask, service }: ReturnType<typeof start>): Promise<string[]> {
    const shown = [(await ask(at(""))).suggestions[0]?.text ?? ""];
    for (const text of ["boar", "board"])
      shown.push((await service.provide(at(text), new AbortController().signal)).suggestions[0]?.text ?? "");
    return [...shown, (await ask(at("board."))).suggestions[0]?.text ?? ""];
  }

  it("gives way to one that names a member, when the dot is typed and it names none", async () => {
    const pipeline = start("quibble");
    assert.deepEqual(await typed(pipeline), [before, "d.blather(1);", ".blather(1);", "quibble();"]);
    const { outcome } = await pipeline.ask(at("board.b"));
    assert.ok(outcome.kind === "silent" || !outcome.text.startsWith("lather"), JSON.stringify(outcome));
  });

  it("stays where its name is a member, and nothing is asked of the model", async () => {
    const pipeline = start("quibble", "blather");
    assert.deepEqual(await typed(pipeline), [before, "d.blather(1);", ".blather(1);", "blather(1);"]);
    assert.equal(pipeline.model.requests.length, 1);
  });
});

describe("an answer that is under way when the dot or new is typed", () => {
  const told = {
    members: { owner: undefined, members: [{ name: "quibble" }, { name: "Depot" }], isComplete: true },
    source: "language server",
  };
  const rows = [
    ["the dot", "  return board", ".blather(1);", "."],
    ["new", "  const made = ", "new Foreman(1);", "new "],
  ] as const;
  for (const [what, line, answer, typed] of rows) {
    it(`is not taken behind ${what} where it names what does not exist`, async () => {
      const hints = {
        offered: async ({ prefix }: { prefix: string }) =>
          prefix.endsWith(typed)
            ? { ...told, typed: "", ...(what === "new" && { isConstruction: true }) }
            : undefined,
      };
      const { model, clock, service, settle } = bench(() => answer, { hints });
      model.stepwise = true;
      const at = (text: string) => queryAt(documentAt(`function f(board: Board) {\n${text}⟦⟧\n}\n`));
      const signal = new AbortController().signal;
      void service.provide(at(line), signal);
      await settle();
      clock.advance(500);
      await settle();
      assert.equal(model.running, 1);
      model.stepwise = false;
      const asked = service.provide(at(line + typed), signal);
      model.step(answer.length);
      await settle();
      clock.advance(2_000);
      const { outcome } = await asked;
      assert.ok(
        outcome.kind === "silent" || !/^(?:blather|Foreman)/.test(outcome.text),
        JSON.stringify(outcome),
      );
    });
  }
});

describe("the class behind new", () => {
  const names = ["Depot", "Parcel"];
  const told = { members: names.map((name) => ({ name })), owner: undefined, isComplete: true };
  const at = async (answer: string, trigger: "automatic" | "explicit" = "automatic") => {
    const hints = {
      offered: async () => ({ members: told, typed: "", source: "language server", isConstruction: true }),
    };
    const { ask, model, service } = bench(() => answer, { hints, holdToMembers: true });
    const { outcome } = await ask(
      queryAt(documentAt("const total = 1;\nconst made = new ⟦⟧\n"), { trigger }),
    );
    return { outcome, beginsWith: model.requests[0]?.beginsWith, trace: service.traces[0] };
  };

  it("is one that is in scope, though the model is not held to the names", async () => {
    const { outcome, beginsWith, trace } = await at("Parcel(total);\n");
    assert.equal(outcome.kind === "shown" && outcome.text, "Parcel(total);");
    assert.equal(beginsWith, undefined);
    assert.deepEqual(trace?.members, { source: "language server", count: 2 });
    assert.equal(trace?.candidates?.[0]?.features.isKnownMember, 0);
  });

  it("is not shown where there is none of that name", async () => {
    assert.deepEqual((await at("Foreman(total);\n")).outcome, { kind: "silent", reason: "unknown-name" });
  });

  it("is none of another name among the alternatives of a user who asked either", async () => {
    const { outcome } = await at("Foreman(total);\n", "explicit");
    assert.equal(outcome.kind, "silent");
  });
});
