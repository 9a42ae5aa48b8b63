import assert from "node:assert/strict";
import { silentLog } from "../../../src/base/log.ts";
import { ContextGatherer } from "../../../src/context/contextGatherer.ts";
import type { ContextProvider, ContextQuery, ScoredSnippet } from "../../../src/context/contextProvider.ts";
import type { OpenDocument } from "../../../src/context/openDocuments.ts";
import { SecretScan } from "../../../src/context/secretScan.ts";
import { SimilarSnippets } from "../../../src/context/similarSnippets.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

const prefix = "function totalPrice(items: Item[]): number {\n  return items.reduce((sum, item) => sum + ";
const query: ContextQuery = { uri: "a", path: "a.ts", languageId: "ts", prefix, suffix: "", line: 1 };
const document = (uri: string, text: string): OpenDocument => ({
  uri,
  path: `${uri}.ts`,
  languageId: "ts",
  version: 1,
  text: () => text,
});
const gatherer = (...providers: ContextProvider[]) => {
  const clock = new FakeClock();
  return { clock, gatherer: new ContextGatherer(providers, new SecretScan(), clock, silentLog) };
};
const signal = new AbortController().signal;

describe("context", () => {
  it("finds the open file that is like the code at the cursor, and not the file itself", async () => {
    const like =
      "function totalWeight(items: Item[]): number {\n  return items.reduce((sum, item) => sum + item.weight, 0);\n}";
    const documents = [document("a", prefix), document("b", "const colour = 'red';"), document("c", like)];
    const found = await new SimilarSnippets({ list: () => documents }).snippets(query);
    assert.deepEqual(
      found.map(({ path }) => path),
      ["c.ts"],
    );
  });

  it("takes files of languages that go together, and of no others", async () => {
    const like =
      "function totalWeight(items: Item[]): number {\n  return items.reduce((sum, item) => sum + 1, 0);\n}";
    const from = async (languageId: string, other: string): Promise<number> => {
      const documents = [{ ...document("b", like), languageId: other }];
      const snippets = new SimilarSnippets({ list: () => documents });
      return (await snippets.snippets({ ...query, languageId })).length;
    };
    assert.equal(await from("typescriptreact", "typescript"), 1);
    assert.equal(await from("c", "cpp"), 1);
    assert.equal(await from("lua", "lua"), 1);
    assert.equal(await from("python", "typescript"), 0);
    assert.equal(await from("lua", "markdown"), 0);
  });

  it("stays the same while the cursor stays near, whatever the providers say", async () => {
    let calls = 0;
    const name = "counter";
    const { gatherer: near } = gatherer({
      name,
      snippets: async () => [{ path: "b.ts", text: `${++calls}`, score: 1, source: name }],
    });
    const first = await near.gather(query, 1_000, 40, signal);
    assert.equal(await near.gather({ ...query, line: 3 }, 1_000, 40, signal), first);
    assert.notEqual(await near.gather({ ...query, line: 30 }, 1_000, 40, signal), first);
  });

  it("does not wait for a late provider and survives a failing one", async () => {
    const { gatherer: hasty, clock } = gatherer(
      { name: "late", snippets: () => new Promise(() => {}) },
      { name: "failing", snippets: () => Promise.reject(new Error("no")) },
      { name: "good", snippets: async () => [{ path: "b.ts", text: "x", score: 1, source: "good" }] },
    );
    const gathered = hasty.gather(query, 1_000, 40, signal);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    clock.advance(40);
    assert.deepEqual(await gathered, [{ path: "b.ts", text: "x" }]);
  });

  it("adds what came late when the cursor comes to another line, and not before", async () => {
    const late = Promise.withResolvers<readonly ScoredSnippet[]>();
    const { gatherer: hasty, clock } = gatherer({ name: "late", snippets: () => late.promise });
    const gathered = hasty.gather(query, 1_000, 40, signal);
    clock.advance(40);
    assert.deepEqual(await gathered, []);
    late.resolve([{ path: "b.ts", text: "x", score: 1, source: "late" }]);
    await late.promise;
    assert.deepEqual(await hasty.gather(query, 1_000, 40, signal), []);
    const below = await hasty.gather({ ...query, line: 2 }, 1_000, 40, signal);
    assert.deepEqual(below, [{ path: "b.ts", text: "x" }]);
  });

  it("leaves what has been read where it is, and for something clearly better only", async () => {
    let told: readonly (readonly [string, number])[] = [
      ["a", 0.4],
      ["b", 0.3],
    ];
    const name = "told";
    const snippets = async () =>
      told.map(([text, score]) => ({ path: `${text}.ts`, text: text.repeat(50), score, source: name }));
    const { gatherer: steady } = gatherer({ name, snippets });
    const at = async (line: number) =>
      (await steady.gather({ ...query, line }, 150, 40, signal)).map(({ path }) => path);
    assert.deepEqual(await at(1), ["b.ts", "a.ts"]);
    told = [
      ["c", 0.33],
      ["b", 0.31],
      ["a", 0.3],
    ];
    assert.deepEqual(await at(21), ["b.ts", "a.ts"], "both are nearly as good, in the order that was read");
    told = [
      ["c", 0.5],
      ["a", 0.3],
      ["b", 0.2],
    ];
    assert.deepEqual(await at(41), ["a.ts", "c.ts"], "what stays stands in front");
    told = [
      ["a", 0.4],
      ["c", 0.39],
    ];
    const elsewhere = await steady.gather({ ...query, uri: "other", line: 1 }, 150, 40, signal);
    assert.deepEqual(
      elsewhere.map(({ path }) => path),
      ["c.ts", "a.ts"],
      "another document begins anew, the best one last",
    );
  });

  it("lets nothing of secret and forbidden files in, whatever a provider brings", async () => {
    const paths = [".env.local", "config/id_rsa", "private/c.ts", "d.ts"];
    const snippets = async () =>
      paths.map((path) => ({ path, text: `of ${path}`, score: 1, source: "careless" }));
    const { gatherer: careful } = gatherer({ name: "careless", snippets });
    const mayShare = (path: string) => !path.startsWith("private/");
    const gathered = await careful.gather({ ...query, mayShare }, 1_000, 40, signal);
    assert.deepEqual(gathered, [{ path: "d.ts", text: "of d.ts" }]);
  });

  it("does not even read a document that may not be shared", async () => {
    const closed = { ...document("c", ""), text: () => assert.fail("read") };
    const secret = { ...closed, uri: "d", path: "prod.env" };
    const list = () => [closed, secret];
    const found = await new SimilarSnippets({ list }).snippets({
      ...query,
      mayShare: (_, uri) => uri !== "c",
    });
    assert.deepEqual(found, []);
  });

  it("masks secrets and keeps to the budget", async () => {
    const snippets = async () => [
      { path: "b.ts", text: 'password = "Tr0ub4dor&3x"', score: 1, source: "s" },
      { path: "c.ts", text: "y".repeat(900), score: 0.5, source: "s" },
    ];
    const gathered = await gatherer({ name: "s", snippets }).gatherer.gather(query, 200, 40, signal);
    assert.deepEqual(gathered, [{ path: "b.ts", text: 'password = "REDACTED"' }]);
  });
});
