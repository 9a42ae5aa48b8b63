import assert from "node:assert/strict";
import fc from "fast-check";
import type { FimRequest } from "../../../src/model/modelClient.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { bench, defaultSettings, documentAt, queryAt } from "./pipelineBench.ts";

const code = "export function clamp(value: number) {\n  ⟦⟧\n}\n";
const at = (typed: string) => queryAt(documentAt(code.replace("⟦⟧", `${typed}⟦⟧`)));
const change = (kind: "undo" | "delete" | "paste" | "accept") => ({
  situation: { cursorCount: 1, hasSelection: false, lastChange: { kind, stale: false } },
});
const answer = "return Math.min(value, 10);";

describe("CompletionService", () => {
  it("shows the model's answer and keeps it while it is typed, without a further request", async () => {
    const { ask, model } = bench(() => answer);
    const first = await ask(at(""));
    assert.equal(first.suggestions[0]?.text, answer);
    for (let typed = 1; typed < answer.length; typed++) {
      const { outcome, suggestions } = await ask(at(answer.slice(0, typed)));
      assert.deepEqual(outcome, { kind: "shown", source: "typed-through", text: answer.slice(typed) });
      assert.equal(suggestions[0]?.id, first.suggestions[0]?.id);
    }
    assert.equal(model.requests.length, 1);
  });

  it("keeps the text when the editor closes a bracket by itself and overwrites that bracket", async () => {
    const { ask, model } = bench(() => answer);
    await ask(at(""));
    const { suggestions } = await ask(queryAt(documentAt(code.replace("⟦⟧", "return Math.min(⟦⟧)"))));
    assert.equal(suggestions[0]?.text, "value, 10);");
    assert.equal(suggestions[0]?.replaceRight, 1);
    assert.equal(model.requests.length, 1);
  });

  it("answers a place from the cache after a wrong character, its deletion and retyping", async () => {
    const { ask, model } = bench(({ prefix }) => (prefix.endsWith("q") ? "uit()" : answer));
    await ask(at(""));
    await ask(at("q"));
    const deleted = await ask({ ...at(""), ...change("delete") });
    assert.equal(deleted.outcome.kind, "shown");
    assert.equal((await ask(at("r"))).outcome.kind, "shown");
    assert.equal(model.requests.length, 2);
  });

  it("evaluates the same bytes ahead during the debounce", async () => {
    const { ask, model } = bench(() => answer);
    await ask(at(""));
    const bytes = ({ context, prefix, suffix }: FimRequest) => ({ context, prefix, suffix });
    assert.equal(model.requests.length, 1);
    assert.deepEqual(model.prefills.map(bytes), model.requests.map(bytes));
  });

  it("starts at most two generations in 75 keys without a pause", async () => {
    const text = "export function paidTotal(): number { return orders.filter((order) => order";
    const { service, clock, settle, model } = bench(() => "xyz");
    let controller = new AbortController();
    for (let typed = 1; typed <= text.length; typed++) {
      controller.abort();
      controller = new AbortController();
      await settle();
      // The editor waits 50 ms after a key before it asks.
      clock.advance(50);
      const document = documentAt(`const a = 1;\n\n${text.slice(0, typed)}⟦⟧\n`);
      void service.provide(queryAt(document), controller.signal);
      await settle();
      clock.advance(10 + ((typed * 37) % 51));
      await settle();
    }
    clock.advance(1_000);
    await settle();
    assert.ok(model.requests.length >= 1, "the pause at the end starts one");
    assert.ok(model.requests.length <= 2, `${model.requests.length} generations`);
  });

  it("joins a generation that writes what the user types", async () => {
    const { service, clock, settle, model } = bench(() => answer);
    model.stepwise = true;
    const withdrawn = new AbortController();
    const first = service.provide(at(""), withdrawn.signal);
    await settle();
    clock.advance(500);
    await settle();
    model.step(1);
    withdrawn.abort();
    const second = service.provide(at("re"), new AbortController().signal);
    for (let turn = 0; turn < 60; turn++) {
      await settle();
      model.step(1);
    }
    assert.deepEqual((await first).outcome, { kind: "silent", reason: "cancelled" });
    assert.deepEqual((await second).outcome, { kind: "shown", source: "joined", text: answer.slice(2) });
    assert.equal(model.requests.length, 1);
  });

  it("stops a generation that disagrees with what is typed before it starts another", async () => {
    const { service, clock, settle, model } = bench(({ prefix }) =>
      prefix.endsWith("x") ? "yz = 1;" : answer,
    );
    model.stepwise = true;
    const first = service.provide(at(""), new AbortController().signal);
    await settle();
    clock.advance(500);
    await settle();
    model.step(1);
    await settle();
    const second = service.provide(at("x"), new AbortController().signal);
    await settle();
    assert.equal(model.running, 0, "the first is closed at once");
    clock.advance(500);
    for (let turn = 0; turn < 60; turn++) {
      await settle();
      model.step(1);
    }
    assert.deepEqual((await first).outcome, { kind: "silent", reason: "superseded" });
    assert.equal((await second).suggestions[0]?.text, "yz = 1;");
    assert.equal(model.mostRunning, 1);
  });

  it("starts no generation before the last one is closed, however long that takes", async () => {
    const { service, clock, settle, model } = bench(() => answer);
    const closed = Promise.withResolvers<void>();
    model.stepwise = true;
    model.closing = closed.promise;
    void service.provide(at(""), new AbortController().signal);
    await settle();
    clock.advance(500);
    await settle();
    model.step(1);
    await settle();
    void service.provide(at("x"), new AbortController().signal);
    await settle();
    clock.advance(5_000);
    await settle();
    assert.equal(model.requests.length, 1);
    closed.resolve();
    await settle();
    assert.equal(model.requests.length, 2);
    assert.equal(model.mostRunning, 1);
    service.dispose();
  });

  it("stays calm after undo, paste and delete, and asks all the same when the user does", async () => {
    for (const kind of ["undo", "paste", "delete"] as const) {
      const { ask, model } = bench(() => answer);
      assert.equal((await ask({ ...at(""), ...change(kind) })).outcome.kind, "silent");
      assert.equal(model.requests.length, 0);
      assert.equal((await ask({ ...at(""), ...change(kind), trigger: "explicit" })).outcome.kind, "shown");
    }
  });

  it("never asks for a file that holds secrets, not even explicitly", async () => {
    const { ask, model } = bench(() => answer);
    const document = documentAt("API_KEY=⟦⟧\nOTHER=1\n", { path: "config/.env.local" });
    const { outcome } = await ask(queryAt(document, { trigger: "explicit" }));
    assert.deepEqual(outcome, { kind: "silent", reason: "secret-file" });
    assert.equal(model.requests.length + model.prefills.length, 0);
  });

  it("does not offer again what was dismissed, without its semicolon either", async () => {
    const { ask, service } = bench(({ prefix }) =>
      prefix.endsWith("re") ? "turn Math.min(value, 10)" : answer,
    );
    const { suggestions } = await ask(at(""));
    service.rejected(suggestions[0]?.id ?? -1);
    service.forget();
    assert.deepEqual((await ask(at("re"))).outcome, { kind: "silent", reason: "rejected-before" });
  });

  it("does not offer again what was dismissed there", async () => {
    const { ask, service } = bench(() => answer);
    const { suggestions } = await ask(at(""));
    service.rejected(suggestions[0]?.id ?? -1);
    assert.deepEqual((await ask(at(""))).outcome, { kind: "silent", reason: "rejected-before" });
    assert.deepEqual((await ask(at("re"))).outcome, { kind: "silent", reason: "rejected-before" });
    assert.equal((await ask(queryAt(at("").document, { trigger: "explicit" }))).outcome.kind, "shown");
  });

  it("tells a failure of the model and goes on", async () => {
    const errors: ModelError[] = [];
    const { ask, model } = bench(() => answer, { onModelError: (error) => errors.push(error) });
    model.fail = new ModelError("unreachable", "Nothing answers.", "Start the server.");
    const failed = await ask(at(""));
    assert.deepEqual(failed.outcome, { kind: "silent", reason: "model-error", detail: "Nothing answers." });
    assert.deepEqual(errors, [model.fail]);
    model.fail = undefined;
    assert.equal((await ask(at(""))).outcome.kind, "shown");
  });

  it("is silent below the confidence that the setting wants", async () => {
    const { ask, model } = bench(() => answer);
    model.probability = 0.5;
    assert.deepEqual((await ask(at(""))).outcome, { kind: "silent", reason: "low-confidence" });
  });

  it("answers in the document's own line ends", async () => {
    const { ask } = bench(() => "return {\n    a: 1,\n  };\n");
    const document = documentAt("// Returns the defaults of the thing.\nfunction f() {\n  ⟦⟧\n}\n", {
      eol: "\r\n",
    });
    const { suggestions } = await ask(queryAt(document));
    assert.equal(suggestions[0]?.text, "return {\r\n    a: 1,\r\n  };");
  });

  it("ends every request in exactly one outcome", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ text: fc.string({ maxLength: 30 }), abort: fc.boolean() }), { maxLength: 12 }),
        fc.string({ maxLength: 40 }),
        async (keys, raw) => {
          const { service, clock, settle, model } = bench(() => raw);
          const asked = keys.map(async ({ text, abort }) => {
            const controller = new AbortController();
            const result = service.provide(at(text), controller.signal);
            if (abort) controller.abort();
            return result;
          });
          for (let turn = 0; turn < 30; turn++) {
            await settle();
            clock.advance(300);
          }
          const results = await Promise.all(asked);
          assert.equal(service.traces.length, keys.length);
          for (const { outcome, suggestions } of results) {
            assert.equal(outcome.kind === "shown", suggestions.length > 0);
          }
          assert.ok(model.mostRunning <= 1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("answers what is known in a large document without asking again", async () => {
    const { ask, service, model } = bench(() => answer);
    const large = `${"const someValue = compute(1, 2, 3);\n".repeat(1_370)}export function f() {\n  `;
    const queries = [...answer].map((_, typed) =>
      queryAt(documentAt(`${large}${answer.slice(0, typed)}⟦⟧\n}\n`)),
    );
    const [first, ...others] = queries;
    if (first) await ask(first);
    const asked = model.requests.length;
    for (const query of others) await service.provide(query, new AbortController().signal);
    assert.equal(model.requests.length, asked);
    assert.ok(service.traces.slice(0, others.length).every(({ outcome }) => outcome.kind === "shown"));
  });

  it("is off where the settings say so", async () => {
    const { ask } = bench(() => answer, {
      settings: () => ({ ...defaultSettings, enableByLanguage: { typescript: false } }),
    });
    assert.deepEqual((await ask(at(""))).outcome, { kind: "silent", reason: "language-off" });
  });

  it("asks a place behind a dot again when the members have become known since", async () => {
    const syntax = createSyntax();
    await syntax.atCursor("warm", "typescript", "const a = 1;", "").then((cursor) => cursor?.dispose());
    let known = false;
    const members = {
      owner: undefined,
      members: [{ name: "quibble" }],
      isComplete: true,
    };
    const hints = {
      offered: async () => (known ? { members, typed: "", source: "language server" } : undefined),
    };
    const { ask, model, service } = bench(() => ".quibble();", { syntax, hints, holdToMembers: true });
    const place = queryAt(documentAt("function f(board: Board) {\n  board.⟦⟧\n}\n"));
    model.probability = 0.1;
    assert.equal((await ask(place)).outcome.kind, "silent");
    known = true;
    model.probability = 1;
    const again = await ask(place);
    assert.equal(again.suggestions[0]?.text, "quibble();", JSON.stringify(again.outcome));
    assert.deepEqual(
      service.traces.map((trace) => trace.members),
      [{ source: "language server", count: 1 }, undefined],
    );
    syntax.dispose();
  });

  it("adds no alternative that names a member which does not exist", async () => {
    const members = { owner: undefined, members: [{ name: "quibble" }], isComplete: false };
    const hints = { offered: async () => ({ members, typed: "", source: "language server" }) };
    const { ask } = bench(({ candidates }) => (candidates > 1 ? other : ".quibble();"), {
      hints,
      holdToMembers: true,
    });
    let other = "blather();";
    const explicit = (code: string) => ask(queryAt(documentAt(code), { trigger: "explicit" }));
    const texts = async (code: string) => (await explicit(code)).suggestions.map(({ text }) => text);
    assert.deepEqual(await texts("function f(board: Board) {\n  board.⟦⟧\n}\n"), ["quibble();"]);
    other = "quibble(1);";
    assert.deepEqual(await texts("function g(board: Board) {\n  board.⟦⟧\n}\n"), [
      "quibble();",
      "quibble(1);",
    ]);
  });
});
