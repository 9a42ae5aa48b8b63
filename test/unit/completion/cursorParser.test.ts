import assert from "node:assert/strict";
import { type Log, silentLog } from "../../../src/base/log.ts";
import { CursorParser } from "../../../src/completion/cursorParser.ts";
import type { CursorSyntax, SyntaxService } from "../../../src/syntax/syntaxService.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";
import { documentAt } from "./pipelineBench.ts";

const signal = new AbortController().signal;
const document = documentAt("const a = ⟦⟧;\n");

function parser(atCursor: SyntaxService["atCursor"], log: Log = silentLog) {
  const clock = new FakeClock();
  const unused = () => assert.fail("not asked for");
  const syntax: SyntaxService = {
    supports: (languageId) => languageId === "typescript",
    atCursor,
    enclosing: unused,
    outline: unused,
    dispose: unused,
  };
  return { clock, parser: new CursorParser(syntax, clock, log) };
}

const cursorSyntax = (disposed: () => void) => ({ dispose: disposed }) as unknown as CursorSyntax;

describe("CursorParser", () => {
  it("does not wait for a parse that takes long, and frees its tree when it comes", async () => {
    const parse = Promise.withResolvers<CursorSyntax>();
    const freed = Promise.withResolvers<void>();
    const { parser: patient, clock } = parser(() => parse.promise);
    const asked = patient.at(document, signal);
    clock.advance(1_000);
    assert.equal(await asked, undefined);
    parse.resolve(cursorSyntax(freed.resolve));
    await freed.promise;
    assert.equal(clock.pending, 0);
  });

  it("tells a failing parser in the log and goes on without", async () => {
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
    const { parser: failing } = parser(() => Promise.reject(new Error("out of memory")), log);
    assert.equal(await failing.at(document, signal), undefined);
    assert.equal(warnings.length, 1);
  });

  it("asks nobody about a language without a grammar", async () => {
    const { parser: none } = parser(() => assert.fail("asked"));
    assert.equal(await none.at({ ...document, languageId: "plaintext" }, signal), undefined);
  });

  it("cuts the window of a large file at whole definitions, and leaves a small one alone", async () => {
    const seen: string[][] = [];
    const { parser: large } = parser(async (_key, _language, prefix, suffix) => {
      seen.push([prefix, suffix]);
      return undefined;
    });
    const inside = "  half();\n}\n\nfunction a() {\n  b();\n}\n\nconst x = ";
    const below = ";\n\nfunction c() {\n  d();\n}\n\nfunction e() {\n  half();\n";
    const window = documentAt(`${inside}⟦⟧${below}`, { length: 1_000_000 });
    await large.at(window, signal);
    await large.at({ ...window, length: inside.length + below.length }, signal);
    assert.deepEqual(seen, [
      ["function a() {\n  b();\n}\n\nconst x = ", ";\n\nfunction c() {\n  d();\n}\n\n"],
      [inside, below],
    ]);
  });
});
