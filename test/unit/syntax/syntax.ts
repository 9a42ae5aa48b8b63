import { strict as assert } from "node:assert";
import type { Log } from "../../../src/base/log.ts";
import { grammarsInPackages } from "../../../src/syntax/grammarFiles.ts";
import type { CursorSyntax } from "../../../src/syntax/syntaxService.ts";
import { TreeSitterSyntax } from "../../../src/syntax/treeSitterSyntax.ts";

const failing = (message: string): never => assert.fail(message);
const strictLog: Log = { trace() {}, debug() {}, info() {}, warn: failing, error: failing };

/** The real grammars; whatever they would log as an error fails the test. */
export const createSyntax = (): TreeSitterSyntax =>
  new TreeSitterSyntax(grammarsInPackages(import.meta.url), strictLog);

/** Runs `use` at the place of `‸` in `code`. */
export async function atMark<T>(
  syntax: TreeSitterSyntax,
  languageId: string,
  code: string,
  use: (cursor: CursorSyntax) => T,
): Promise<T> {
  const [prefix = "", suffix] = code.split("‸");
  assert.notEqual(suffix, undefined, `no cursor in ${code}`);
  const cursor = await syntax.atCursor(`${languageId}:${code}`, languageId, prefix, suffix ?? "");
  assert.ok(cursor, `${languageId} has no grammar`);
  try {
    return use(cursor);
  } finally {
    cursor.dispose();
  }
}
