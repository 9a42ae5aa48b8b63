import assert from "node:assert/strict";
import type { CompletionQuery } from "../../../src/completion/completionApi.ts";
import type { CompletionSettings } from "../../../src/completion/completionSettings.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { bench, defaultSettings, documentAt, queryAt } from "./pipelineBench.ts";

const code = "export function clamp(value: number) {\n  ⟦⟧\n}\n";
const answer = "return Math.min(value, 10);";
const plain = queryAt(documentAt(code));
const withSettings = (more: Partial<CompletionSettings>) => ({
  settings: () => ({ ...defaultSettings, ...more }),
});
const long = `const x = "${"a".repeat(3_000)}`;

describe("what keeps the pipeline silent", () => {
  const cases: readonly [string, Partial<CompletionQuery>, Parameters<typeof bench>[1]][] = [
    ["ignored-file", {}, { isIgnored: () => true }],
    ["ignored-file", {}, { isIgnored: async () => true }],
    ["excluded-file", {}, withSettings({ excludeGlobs: ["**/*.ts"] })],
    ["off", {}, withSettings({ enabled: false })],
    ["language-off", {}, withSettings({ enableByLanguage: { "*": false } })],
    ["snoozed", {}, { snoozedUntil: () => Number.POSITIVE_INFINITY }],
    ["on-battery", {}, { saving: () => "off" }],
    [
      "secret-file",
      { document: documentAt(code, { path: "config.json", uri: "file:///home/u/.docker/config.json" }) },
      {},
    ],
    [
      "excluded-file",
      { document: documentAt(code, { path: "b.ts", uri: "file:///home/u/my%20private/b.ts" }) },
      withSettings({ excludeGlobs: ["**/my private/**"] }),
    ],
    ["minified", { document: documentAt(`${long}⟦⟧`) }, {}],
    ["minified", { document: documentAt(code, { length: 900_000, lineCount: 10 }) }, {}],
    ["file-too-large", { document: documentAt(code, { length: 2_000_000, lineCount: 90_000 }) }, {}],
    ["unsupported-scheme", { document: documentAt(code, { uri: "output:a" }) }, {}],
    ["multiple-cursors", { situation: { cursorCount: 2, hasSelection: false } }, {}],
    ["selection", { situation: { cursorCount: 1, hasSelection: true } }, {}],
    ["middle-of-line", { document: documentAt("const a = ⟦⟧ + value;\n") }, {}],
    [
      "suggest-widget-conflict",
      { document: documentAt("const a = Ma⟦⟧\n"), selectedSuggestion: { text: "other", replaceLeft: 2 } },
      {},
    ],
  ];
  for (const [reason, more, parts] of cases) {
    it(`${reason}: ${JSON.stringify({ ...more, document: more.document?.uri })}`, async () => {
      const { ask, model } = bench(() => answer, parts);
      const { outcome, suggestions } = await ask({ ...plain, ...more });
      assert.deepEqual([outcome, suggestions], [{ kind: "silent", reason }, []]);
      assert.equal(model.requests.length + model.prefills.length, 0);
    });
  }

  it("asks nobody about ignored files when the setting is off", async () => {
    const parts = { isIgnored: () => assert.fail("asked"), ...withSettings({ respectGitignore: false }) };
    assert.equal((await bench(() => answer, parts).ask(plain)).outcome.kind, "shown");
  });

  it("a snooze gives way to the user's own wish, an excluded file does not", async () => {
    const explicit = { ...plain, trigger: "explicit" as const };
    const snoozed = bench(() => answer, { snoozedUntil: () => Number.POSITIVE_INFINITY });
    assert.equal((await snoozed.ask(explicit)).outcome.kind, "shown");
    const onBattery = bench(() => answer, { saving: () => "off" });
    assert.equal((await onBattery.ask(explicit)).outcome.kind, "shown");
    const excluded = bench(() => answer, withSettings({ excludeGlobs: ["*.ts"] }));
    assert.equal((await excluded.ask(explicit)).outcome.kind, "silent");
  });
});

describe("where the pipeline answers", () => {
  it("asks again at a known place once model or settings have changed", async () => {
    const { ask, model, service } = bench(() => answer);
    await ask(plain);
    await ask(plain);
    assert.equal(model.requests.length, 1);
    service.forget();
    assert.equal((await ask(plain)).outcome.kind, "shown");
    assert.equal(model.requests.length, 2);
  });

  it("builds the prompt anew once settings have changed", async () => {
    let settings = { ...defaultSettings, maxPromptTokens: 2048 };
    const snippet = { path: "b.ts", text: "const b = 1;", score: 1, source: "test" };
    const { ask, model, service } = bench(() => answer, {
      settings: () => settings,
      contextProviders: [{ name: "test", snippets: async () => [snippet] }],
    });
    const long = `${"const filled = filler(1234);\n".repeat(60)}${code}`;
    await ask(queryAt(documentAt(long)));
    settings = { ...settings, maxPromptTokens: 128, excludeGlobs: ["b.ts"] };
    service.forget();
    await ask(queryAt(documentAt(long)));
    const [before, after] = model.requests;
    assert.deepEqual([before?.context.length, after?.context.length], [1, 0]);
    assert.ok((before?.prefix.length ?? 0) > 1_500 && (after?.prefix.length ?? 0) < 300);
  });

  it("keeps nothing of an answer that was under way when model or settings changed", async () => {
    const { ask, model, service, settle, clock } = bench(() => answer);
    model.stepwise = true;
    const asked = service.provide(plain, new AbortController().signal);
    await settle();
    clock.advance(400);
    await settle();
    service.forget();
    for (const _ of answer) {
      model.step();
      await settle();
    }
    assert.deepEqual((await asked).outcome, { kind: "silent", reason: "cancelled" });
    model.stepwise = false;
    model.script = () => "return 1;";
    assert.deepEqual((await ask(plain)).outcome, { kind: "shown", source: "model", text: "return 1;" });
  });

  for (const uri of [
    "untitled:Untitled-1",
    "vscode-notebook-cell:/w/a.ipynb#W0sZmlsZQ",
    "vscode-vfs://github/owner/repository/a.ts",
    "file:///w/b.ts",
  ]) {
    it(uri, async () => {
      const { outcome } = await bench(() => answer).ask(queryAt(documentAt(code, { uri })));
      assert.deepEqual(outcome, { kind: "shown", source: "model", text: answer });
    });
  }

  it("goes on behind the entry that the suggest widget has selected", async () => {
    const { ask, model } = bench(() => "(value, 10);");
    const query = queryAt(documentAt("const a = Math.mi⟦⟧\n"), {
      selectedSuggestion: { text: "min", replaceLeft: 2 },
    });
    const { suggestions } = await ask(query);
    assert.deepEqual(suggestions, [
      { text: "min(value, 10);", replaceLeft: 2, replaceRight: 0, id: suggestions[0]?.id },
    ]);
    assert.ok(model.requests[0]?.prefix.endsWith("Math.min"));
  });

  it("keeps the first answer when the alternatives fail, and tells the failure", async () => {
    const told: ModelError[] = [];
    const { service, clock, settle, model } = bench(() => answer, {
      onModelError: (error) => told.push(error),
    });
    model.fail = new ModelError("unreachable", "Nothing answers.", "Start the server.");
    model.failsFor = ({ candidates }) => candidates > 1;
    const asked = service.provide({ ...plain, trigger: "explicit" }, new AbortController().signal);
    await settle();
    clock.advance(1_000);
    const { suggestions, outcome } = await asked;
    assert.deepEqual(outcome, { kind: "shown", source: "model", text: answer });
    assert.equal(suggestions.length, 1);
    assert.deepEqual(told, [model.fail]);
  });

  it("asks only when the alternatives that nobody waits for have ended", async () => {
    const { service, clock, settle, model } = bench(() => answer);
    const closing = Promise.withResolvers<void>();
    model.closing = closing.promise;
    void service.provide({ ...plain, trigger: "explicit" }, new AbortController().signal);
    await settle();
    model.stepwise = true;
    while (model.requests.every(({ candidates }) => candidates === 1)) await settle();
    const asked = service.provide(queryAt(documentAt("const another = ⟦⟧\n")), new AbortController().signal);
    for (let turn = 0; turn < 5; turn++) {
      await settle();
      clock.advance(500);
    }
    model.stepwise = false;
    closing.resolve();
    await settle();
    assert.equal((await asked).outcome.kind, "shown");
    assert.equal(model.mostRunning, 1);
  });

  it("offers what differs when the user asks", async () => {
    let turn = 0;
    const texts = [answer, "return value;", answer];
    const { ask } = bench(() => texts[turn++] ?? answer);
    const { suggestions } = await ask({ ...plain, trigger: "explicit" });
    assert.deepEqual(
      suggestions.map(({ text }) => text),
      [answer, "return value;"],
    );
  });
});

describe("comments and strings, as the parser sees them", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());
  const asked = async (text: string, quiet: object = { inComments: false }) => {
    const { service, clock, model } = bench(() => "value", {
      syntax,
      ...withSettings(quiet),
    });
    await syntax.atCursor("warm", "typescript", "const a = 1;", "").then((cursor) => cursor?.dispose());
    const result = service.provide(queryAt(documentAt(text)), new AbortController().signal);
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(100);
    }
    return { ...(await result).outcome, asked: model.requests.length };
  };

  it("are quiet by the setting, and nothing is read ahead for them", async () => {
    assert.deepEqual(await asked("const value = 1; // the⟦⟧\n"), {
      kind: "silent",
      reason: "in-comment",
      asked: 0,
    });
  });

  it("are quiet by a setting of their own where they are strings, but for the code in them", async () => {
    const inString = { kind: "silent", reason: "in-string", asked: 0 };
    const strings = { inStrings: false };
    assert.deepEqual(await asked('const value = "the⟦⟧";\n', strings), inString);
    assert.equal((await asked('const value = "the⟦⟧";\n')).kind, "shown");
    assert.equal((await asked("const value = `the $❴⟦⟧}`;\n".replace("❴", "{"), strings)).kind, "shown");
    assert.equal((await asked("const other = 'a' + ⟦⟧;\n", strings)).kind, "shown");
  });

  it("are not what only looks like one", async () => {
    assert.equal((await asked("const page = `\n// $❴⟦⟧}\n`;\n".replace("❴", "{"))).kind, "shown");
  });
});

describe("generations that nobody waits for", () => {
  it("end after a grace", async () => {
    const { service, clock, settle, model } = bench(() => answer);
    model.stepwise = true;
    const withdrawn = new AbortController();
    const asked = service.provide(plain, withdrawn.signal);
    await settle();
    clock.advance(500);
    await settle();
    assert.equal(model.running, 1);
    withdrawn.abort();
    assert.deepEqual((await asked).outcome, { kind: "silent", reason: "cancelled" });
    clock.advance(200);
    await settle();
    assert.equal(model.running, 1);
    clock.advance(100);
    await settle();
    assert.equal(model.running, 0);
  });

  it("have the whole grace from each key on, as long as it types what is written", async () => {
    const { service, clock, settle, model } = bench(() => answer);
    model.stepwise = true;
    for (const typed of ["", answer[0], answer.slice(0, 2)]) {
      const withdrawn = new AbortController();
      const document = documentAt(code.replace("⟦⟧", `${typed}⟦⟧`));
      void service.provide(queryAt(document), withdrawn.signal);
      await settle();
      clock.advance(typed === "" ? 500 : 1);
      await settle();
      withdrawn.abort();
      await settle();
      clock.advance(200);
      await settle();
    }
    assert.deepEqual([model.requests.length, model.running], [1, 1]);
  });

  it("leave nothing running after a disposal", async () => {
    const { service, clock, settle, model } = bench(() => answer);
    model.stepwise = true;
    void service.provide(plain, new AbortController().signal);
    await settle();
    clock.advance(500);
    await settle();
    service.dispose();
    await settle();
    assert.equal(model.running, 0);
  });
});

describe("warming up", () => {
  it("reads the prompt of an opened document, and stops when a key asks for something else", async () => {
    const { service, settle, model } = bench(() => answer);
    model.slowPrefill = true;
    void service.warm(plain.document);
    await settle();
    assert.equal(model.prefills.length, 1);
    assert.equal(model.requests.length, 0);
    void service.provide(queryAt(documentAt(code.replace("⟦⟧", "x⟦⟧"))), new AbortController().signal);
    await settle();
    assert.equal(model.abortedPrefills.length, 1);
  });

  it("reads what the first key's request will ask for, so that it is not read again", async () => {
    const { service, settle, model } = bench(() => "", { tokenHealing: true });
    const at = (typed: string) => documentAt(`function f(list: string[]) {\n  ${typed}⟦⟧\n}\n`);
    await service.warm(at(""));
    void service.provide(queryAt(at("r")), new AbortController().signal);
    await settle();
    assert.equal(model.prefills.length, 1);
  });

  it("parses and reads nothing of an ignored or secret file, and parses another one before its first key", async () => {
    const parsed: string[] = [];
    const parser = createSyntax();
    const syntax = {
      supports: () => true,
      enclosing: parser.enclosing.bind(parser),
      outline: parser.outline.bind(parser),
      dispose: () => parser.dispose(),
      atCursor: async (key: string) => {
        parsed.push(key);
        return undefined;
      },
    };
    const ignoring = bench(() => answer, { syntax, isIgnored: async () => true });
    await ignoring.service.warm(plain.document);
    assert.equal(ignoring.model.prefills.length, 0);
    const { service, model } = bench(() => answer, { syntax });
    await service.warm(documentAt(code, { path: ".env" }));
    assert.equal(model.prefills.length, 0);
    assert.deepEqual(parsed, []);
    await service.warm(plain.document);
    assert.equal(model.prefills.length, 1);
    assert.deepEqual(parsed, [plain.document.uri]);
    syntax.dispose();
  });
});

describe("comments that are to be left alone", () => {
  const settings = () => ({ ...defaultSettings, inComments: false });
  const comment = () => "// TRY: type here;\n";
  const query = queryAt(documentAt("function f() {\n  ⟦⟧\n}\n"));

  it("are not begun by a suggestion either, unless it is asked for", async () => {
    const { outcome } = await bench(comment, { settings }).ask(query);
    assert.deepEqual(outcome, { kind: "silent", reason: "in-comment" });
    const asked = await bench(comment, { settings }).ask({ ...query, trigger: "explicit" });
    assert.equal(asked.outcome.kind, "shown");
    assert.equal((await bench(comment).ask(query)).outcome.kind, "shown");
  });
});
