import assert from "node:assert/strict";
import type { EvalCase } from "../../../bench/eval/cases.ts";
import { sourcesOf, usualSources, WorkspaceSources } from "../../../bench/eval/workspaceSources.ts";
import { silentLog } from "../../../src/base/log.ts";
import { createSyntax } from "../syntax/syntax.ts";

const { signal } = new AbortController();
const syntax = createSyntax();

function caseAt(path: string, code: string): EvalCase {
  const [prefix = "", suffix = ""] = code.split("‸");
  const truth = { truth_line: "hidden()", truth_block: "hidden()" };
  return {
    id: path,
    kind: "cross_file",
    language: "typescript",
    repo: "r",
    path,
    workspace: "w",
    prefix,
    suffix,
    ...truth,
  };
}

const queryOf = ({ path, prefix, suffix }: EvalCase) => ({
  uri: `file:///${path}`,
  path,
  languageId: "typescript",
  prefix,
  suffix,
  line: prefix.split("\n").length - 1,
});

describe("sources of context in the evaluation", () => {
  after(() => syntax.dispose());

  it("are chosen by name, in a fixed order", () => {
    assert.deepEqual(sourcesOf("names,similar"), ["similar", "names"]);
    assert.deepEqual(sourcesOf("none"), []);
    assert.deepEqual(sourcesOf(undefined), usualSources);
    assert.throws(() => sourcesOf("similar,oracle"), /oracle/);
  });

  it("never see the truth of the case's own file, and see it again in the next case's", async () => {
    const whole = 'import { A } from "./a";\nexport function hidden(): void {}\nexport class B {}\n';
    const files = [
      { workspace: "w", path: "a.ts", text: "export class A { run(): void {} }\n" },
      { workspace: "w", path: "b.ts", text: whole },
    ];
    const inB = caseAt("b.ts", 'import { A } from "./a";\nexport class B {}\nfunction f(a: A) {\n  a.‸\n}\n');
    const inA = caseAt("a.ts", 'import * as b from "./b";\nexport class A { run(): void { b.‸ } }\n');
    const set = { cases: [inA, inB], workspaces: new Map([["w", files]]) };
    const sources = new WorkspaceSources(set, syntax, silentLog, ["names"]);
    const names = async (each: EvalCase): Promise<string[] | undefined> => {
      const { hints } = await sources.at(each, queryOf(each), { list: () => [] });
      return (await hints?.offered(queryOf(each), 2_000, signal))?.members.members.map(({ name }) => name);
    };
    assert.ok((await names(inA))?.includes("hidden"));
    assert.deepEqual(await names(inB), ["run"]);
    const { judge } = await sources.at(inB, queryOf(inB), { list: () => [] });
    const own = {
      ...queryOf(inB),
      prefix: 'import * as b from "./b";\nb.',
      suffix: "",
      path: "c.ts",
      uri: "file:///c.ts",
    };
    const offered = await judge.offered(own, 2_000, signal);
    assert.deepEqual(
      offered?.members.members.map(({ name }) => name),
      ["B", "f"],
    );
    sources.dispose();
  });

  it("are told only what was asked for", async () => {
    const files = [{ workspace: "w", path: "a.ts", text: "export class A { run(): void {} }\n" }];
    const each = caseAt("b.ts", 'import { A } from "./a";\nfunction f(a: A) {\n  a.‸\n}\n');
    const set = { cases: [each], workspaces: new Map([["w", files]]) };
    const sources = new WorkspaceSources(set, syntax, silentLog, []);
    const { hints, providers } = await sources.at(each, queryOf(each), { list: () => [] });
    assert.equal(providers.length, 0);
    assert.equal(await hints?.offered(queryOf(each), 2_000, signal), undefined);
    sources.dispose();
  });
});
