import assert from "node:assert/strict";
import { acceptance } from "../../../src/completion/acceptance.ts";
import { type AnswerSituation, answerSituation } from "../../../src/completion/answerSituation.ts";
import { candidatesOf } from "../../../src/completion/candidates.ts";
import { digest } from "../../../src/completion/digest.ts";
import { mayBeShown } from "../../../src/completion/quietness.ts";
import { Taste } from "../../../src/completion/taste.ts";
import type { TokenProbability } from "../../../src/model/modelClient.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { defaultSettings, documentAt } from "./pipelineBench.ts";

/** Tokens and their probabilities in turn. */
function spelled(...pairs: readonly (string | number)[]): TokenProbability[] {
  return Array.from({ length: pairs.length / 2 }, (_, index) => ({
    text: String(pairs[2 * index]),
    probability: Number(pairs[2 * index + 1]),
  }));
}

const rawOf = (tokens: readonly TokenProbability[]): string => tokens.map(({ text }) => text).join("");
const offered = (...names: string[]) => ({
  members: { owner: "Client", members: names.map((name) => ({ name })), isComplete: true },
  typed: "",
  source: "language server",
});

describe("the beginnings of an answer", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  async function at(code: string, languageId = "typescript"): Promise<AnswerSituation> {
    const document = documentAt(code, { languageId });
    const cursor = await syntax.atCursor(code, document.languageId, document.prefix, document.suffix);
    return answerSituation(document, defaultSettings, "automatic", cursor);
  }

  it("are its lines, and within the first one what ends with a name or a closer", async () => {
    const tokens = spelled(
      "total",
      0.9,
      " = compute",
      0.9,
      "(first",
      0.9,
      ");",
      0.9,
      "\nreturn",
      0.9,
      ";",
      0.9,
    );
    const found = candidatesOf(rawOf(tokens), tokens, 0, await at("function f() {\n  ⟦⟧\n}\n"));
    assert.deepEqual(
      found.map(({ text, extent }) => [text, extent]),
      [
        ["total = compute(first);", "line"],
        ["total = compute", "part"],
        ["total = compute(first", "part"],
        ["total = compute(first)", "part"],
      ],
    );
  });

  for (const [tokens, expected] of [
    [spelled("start();\n", 1, "if (ready)", 1, " {\n", 1, "  pause", 0.05, "();\n", 1, "}", 1), "start();"],
    [
      spelled("function pause(ready: boolean)", 1, ": void {\n", 1, "  stop", 0.05, "();\n", 1, "}", 1),
      "function pause(ready: boolean): void",
    ],
    // What an object opens is no head.
    [spelled("return", 1, " {\n", 1, "  pause", 0.05, ": 1,\n", 1, "};", 1), "return {\n}"],
    // It cannot stand without a block.
    [spelled("if (ready)", 1, " {\n", 1, "  pause", 0.05, "();\n", 1, "}", 1), "if (ready) {\n}"],
  ] as const) {
    it(`open no block that is too unlikely where they need not: ${JSON.stringify(expected)}`, async () => {
      const situation = await at("function f() {\n⟦⟧\n}\n");
      assert.equal(digest(rawOf(tokens), tokens, situation, 0.5).result, expected);
    });
  }

  it("bring no empty block behind a head that is typed: what stands in it is too unlikely", async () => {
    const tokens = spelled(" {\n", 1, "    pause", 0.05, "();\n", 1, "  }", 1);
    const situation = await at("function pause(ready: boolean): void⟦⟧\n");
    const { result } = digest(rawOf(tokens), tokens, situation, 0.5);
    assert.deepEqual(result, { dropped: "low-confidence" });
  });

  it("get less likely with every token", async () => {
    const tokens = spelled("total", 0.9, " = compute", 0.5, "(first", 0.1, ");", 0.9);
    const found = candidatesOf(rawOf(tokens), tokens, 0, await at("function f() {\n  ⟦⟧\n}\n"));
    const logOf = (text: string) => found.find((each) => each.text === text)?.features.logProbability ?? 0;
    assert.ok(logOf("total = compute") > logOf("total = compute(first"));
    assert.ok(Math.abs(logOf("total = compute") - Math.log(0.45)) < 1e-9);
  });

  it("go on line by line while each is likely", async () => {
    const tokens = spelled(
      "total();",
      0.9,
      "\n",
      1,
      "first();",
      0.6,
      "\n",
      1,
      "second();",
      0.1,
      "\n",
      1,
      "third();",
      0.9,
    );
    const shown = (quietness: number) => digest(rawOf(tokens), tokens, situation, quietness).result;
    const situation = await at("function f() {\n⟦⟧\n}\n");
    assert.equal(shown(0.5), "total();\nfirst();");
    assert.equal(shown(0), "total();\nfirst();\nsecond();\nthird();");
  });

  it("end no sooner than what processing has changed", async () => {
    const tokens = spelled("renamedByAStep = other", 0.9);
    assert.equal(candidatesOf("something = other", tokens, 0, await at("⟦⟧\n")).length, 1);
  });

  it("tell names that the code around does not have", async () => {
    const tokens = spelled("known(unknown)", 0.9);
    const [whole] = candidatesOf("known(unknown)", tokens, 0, await at("const known = 1;\n⟦⟧\n"));
    assert.equal(whole?.features.newNames, 0.5);
  });

  it("may be shown while the rest of the line is not", async () => {
    const situation = await at("const list = items.⟦⟧\n");
    const tokens = spelled("filterExpired", 0.97, "(", 0.9, "nonsense", 0.02, ", more", 0.05, ");", 0.9);
    const { result } = digest(rawOf(tokens), tokens, situation, 0.5);
    assert.equal(result, "filterExpired");
  });

  it("are never shown where the parser objects", async () => {
    const situation = await at("⟦⟧\n");
    const tokens = spelled("if (ready", 0.99, ") {", 0.01, " nonsense", 0.01);
    const { result } = digest(rawOf(tokens), tokens, situation, 0.5);
    assert.notEqual(result, "if (ready");
  });

  it("end no statement that the answer goes on with", async () => {
    const situation = await at("class A {\n  void f() {\n    ⟦⟧\n  }\n}\n", "java");
    const tokens = spelled("var client = Client.builder()", 0.99, "\n      .nonsense();", 0.01);
    assert.notEqual(digest(rawOf(tokens), tokens, situation, 0.5).result, "var client = Client.builder();");
    const whole = spelled("var client = Client.builder()", 0.99);
    assert.equal(digest(rawOf(whole), whole, situation, 0.5).result, "var client = Client.builder();");
  });

  it("behind a dot may be a short name that exists, and not one that does not", async () => {
    const situation = await at("client.⟦⟧\n");
    const tokens = spelled("list", 0.98, "(", 0.7, "nonsense", 0.02, ")", 0.9);
    const shown = digest(rawOf(tokens), tokens, { ...situation, offered: offered("list") }, 0.5);
    assert.equal(shown.result, "list");
    const hidden = digest(rawOf(tokens), tokens, { ...situation, offered: offered("call") }, 0.5);
    assert.deepEqual(hidden.result, { dropped: "unknown-name" });
  });

  it("are all shown to a user who asked", async () => {
    const tokens = spelled("unlikely", 0.01, "(thing)", 0.01);
    assert.equal(digest(rawOf(tokens), tokens, await at("⟦⟧\n"), 0).result, "unlikely(thing)");
  });
});

describe("the chance of being taken", () => {
  const situation = answerSituation(documentAt("const a = ⟦⟧\n"), defaultSettings, "automatic");
  const chanceOf = (...pairs: readonly (string | number)[]): number => {
    const tokens = spelled(...pairs);
    const [whole] = candidatesOf(rawOf(tokens), tokens, 0, situation);
    assert.ok(whole);
    return acceptance(whole.features);
  };

  it("grows with the model's own certainty", () => {
    assert.ok(chanceOf("first", 0.99, "(b);", 0.99) > chanceOf("first", 0.9, "(b);", 0.6));
    assert.ok(chanceOf("first", 0.9, "(b);", 0.6) > chanceOf("first", 0.3, "(b);", 0.2));
  });

  it("ends a generation that can come to nothing, and no other", () => {
    assert.equal(mayBeShown("first(", spelled("first", 0.99, "(", 0.99), situation, 0.5, new Taste()), true);
    const hopeless = spelled("a", 0.02, "b", 0.02, "c", 0.02);
    assert.equal(mayBeShown("abc", hopeless, situation, 0.5, new Taste()), false);
    assert.equal(mayBeShown("  ", spelled("  ", 0.01), situation, 0.5, new Taste()), true);
    assert.equal(mayBeShown("abc", [], situation, 0.5, new Taste()), true);
  });

  it("is that of a block's first line where only what opens the block stands in front of it", () => {
    const head = answerSituation(documentAt("function f(): void⟦⟧\n"), defaultSettings, "automatic");
    for (const [probability, expected] of [
      [0.9, true],
      [0.2, false],
    ] as const) {
      const tokens = spelled(" {\n", 0.99, "  ", 0.99, "first(b);", probability);
      assert.equal(mayBeShown(rawOf(tokens), tokens, head, 0.5, new Taste()), expected, `${probability}`);
    }
  });
});
