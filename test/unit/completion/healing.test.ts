import assert from "node:assert/strict";
import fc from "fast-check";
import { healed, LeadFilter } from "../../../src/completion/healing.ts";
import { bench, documentAt, queryAt, requestAt } from "./pipelineBench.ts";

const at = (line: string) => queryAt(documentAt(`function f(list: string[]) {\n  ${line}⟦⟧\n}\n`));
const healing = { tokenHealing: true };

describe("what is cut off a prompt", () => {
  const cut = (prefix: string): string => healed(requestAt(prefix), prefix).lead;
  for (const [prefix, lead] of [
    ["const aft", " aft"],
    ["\tret", "\tret"],
    ["call(par", "(par"],
    ["client.li", ".li"],
    ["const ", " "],
    ["call(", "("],
    ["client.", "."],
    ["std::", "::"],
    ["return { .", " ."],
    ["[first, ..", " .."],
    ["if ($user", " ($user"],
    ["super().__in", "().__in"],
    ["this->_na", "->_na"],
    [`x = \`\${`, ` \`\${`],
  ] as const)
    it(`is what may begin a token: ${JSON.stringify(lead)} of ${JSON.stringify(prefix)}`, () =>
      assert.equal(cut(prefix), lead));
  for (const [prefix, lead] of [
    [`\`\${name}: \${form`, "form"],
    ['print(f"{ci', "ci"],
    ["filter((inv", "inv"],
    ["  (inv", "inv"],
    ["list().fi", "fi"],
    ["list()?.fi", "fi"],
    ["    .fi", "fi"],
    ["std::ve", "ve"],
  ] as const)
    it(`is not what stands in tokens of its own: ${JSON.stringify(lead)} of ${JSON.stringify(prefix)}`, () =>
      assert.equal(cut(prefix), lead));
  for (const prefix of ["list().", "list()?.", "list()\n    .", "this->"])
    it(`is nothing behind ${JSON.stringify(prefix)}, so that the prompt stays while the name is typed`, () =>
      assert.equal(cut(prefix), ""));
});

describe("a half-typed word", () => {
  it("is asked for from its beginning and left out of the answer", async () => {
    const { ask, model } = bench(() => " afterAdd = list.at(-1);", healing);
    const { outcome } = await ask(at("const aft"));
    assert.deepEqual(outcome, { kind: "shown", source: "model", text: "erAdd = list.at(-1);" });
    assert.ok(model.requests[0]?.prefix.endsWith("  const"));
    assert.equal(model.requests.length, 1);
  });

  it("keeps the prompt while it is typed, so that it is read once", async () => {
    const { service, clock, settle, model } = bench(() => "", healing);
    for (const typed of ["a", "af", "aft"]) {
      void service.provide(at(`const ${typed}`), new AbortController().signal);
      await settle();
      clock.advance(20);
    }
    assert.equal(model.prefills.length, 1);
    void service.provide(at("const after "), new AbortController().signal);
    await settle();
    assert.equal(model.prefills.length, 2);
  });

  it("is read again where the first reading was ended", async () => {
    const { service, clock, settle, model } = bench(() => "", healing);
    model.slowPrefill = true;
    for (const typed of ["const a", "let b", "const a"]) {
      void service.provide(at(typed), new AbortController().signal);
      await settle();
      clock.advance(20);
    }
    assert.equal(model.prefills.length, 3);
  });

  it("is asked as it stands when the model wants another word, and that word is not asked for again", async () => {
    const { ask, model } = bench(
      ({ prefix }) => (prefix.endsWith("const") ? " before = 1;" : "ter = list.at(-1);"),
      healing,
    );
    assert.deepEqual((await ask(at("const af"))).outcome, {
      kind: "shown",
      source: "model",
      text: "ter = list.at(-1);",
    });
    assert.equal(model.requests.length, 2);
    await ask(at("const al"));
    assert.equal(model.requests.length, 3);
    assert.ok(model.requests[2]?.prefix.endsWith("const al"));
  });

  it("is asked as it stands only when the first request is closed", async () => {
    const { ask, settle, model } = bench(
      ({ prefix }) => (prefix.endsWith("const") ? " before = 1;" : "ter = list.at(-1);"),
      healing,
    );
    const closed = Promise.withResolvers<void>();
    model.closing = closed.promise;
    const asked = ask(at("const af"));
    await settle();
    await settle();
    assert.equal(model.requests.length, 1);
    closed.resolve();
    assert.equal((await asked).suggestions[0]?.text, "ter = list.at(-1);");
    assert.deepEqual([model.requests.length, model.mostRunning], [2, 1]);
  });

  it("is asked as it stands as soon as it is another word than the one that was written for it", async () => {
    const { ask, model } = bench(
      ({ prefix }) => (prefix.endsWith("const") ? " after = 1;" : "so = list.at(-1);"),
      healing,
    );
    assert.equal((await ask(at("const af"))).suggestions[0]?.text, "ter = 1;");
    assert.equal((await ask(at("const al"))).suggestions[0]?.text, "so = list.at(-1);");
    assert.equal(model.requests.length, 2);
  });

  it("is asked as it stands when the stream ends within it", async () => {
    const { ask, model } = bench(({ prefix }) => (prefix.endsWith("const") ? " a" : " = 1;"), healing);
    assert.equal((await ask(at("const after"))).suggestions[0]?.text, " = 1;");
    assert.equal(model.requests.length, 2);
  });

  it("does not end a word that goes on right of the cursor", async () => {
    const { ask, model } = bench(() => "x", healing);
    await ask({ ...at("const a"), document: documentAt("const aft⟦⟧Add = 1;\n"), trigger: "explicit" });
    assert.ok(model.requests[0]?.prefix.endsWith("const aft"));
  });
});

describe("LeadFilter", () => {
  it("gives what stands behind the lead, however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 6 }),
        fc.string({ maxLength: 8 }),
        fc.array(fc.nat(3)),
        (lead, rest, cuts) => {
          const filter = new LeadFilter(lead);
          let left = lead + rest;
          let text = "";
          let spelled = "";
          for (const cut of [...cuts, 20]) {
            const piece = left.slice(0, cut + 1);
            left = left.slice(cut + 1);
            if (piece === "") continue;
            const behind = filter.take(piece, [{ text: piece, probability: 0.5 }]);
            assert.notEqual(behind, "differs");
            if (behind === "differs") return;
            text += behind.text;
            for (const token of behind.tokens) spelled += token.text;
          }
          assert.equal(text, rest);
          assert.equal(spelled, rest);
          assert.equal(filter.isOpen, lead !== "" && lead + rest === "");
        },
      ),
    );
  });

  it("holds less against a token whose beginning is known", () => {
    const behind = new LeadFilter("aft").take("after", [{ text: "after", probability: 0.1 }]);
    assert.ok(behind !== "differs" && (behind.tokens[0]?.probability ?? 0) > 0.5);
  });

  it("tells a stream that begins with something else", () => {
    assert.equal(new LeadFilter("aft").take("be", []), "differs");
  });
});
