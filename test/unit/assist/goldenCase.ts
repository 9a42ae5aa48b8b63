import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hunksOf } from "../../../src/assist/hunks.ts";
import { type CodeRegion, growRange, lineAt, regionText } from "../../../src/assist/region.ts";
import type { ChatRequest } from "../../../src/model/modelClient.ts";
import type { PromptCode, PromptProblem } from "../../../src/prompt/assistPrompt.ts";
import type { SyntaxService } from "../../../src/syntax/syntaxService.ts";

const folder = join(import.meta.dirname, "../../golden/assist");

/** What every golden case of the assist commands has; texts are lists of lines. */
export interface GoldenCase {
  readonly name: string;
  readonly path: string;
  readonly languageId: "typescript" | "python";
  /** The document with `¦` at the cursor, or `«` and `»` around the selection; without either the whole is meant. */
  readonly code: readonly string[];
  /** What the scripted model answers, in order. */
  readonly answers?: readonly string[];
  readonly subject?: PromptProblem;
  readonly problems?: readonly PromptProblem[];
  readonly definitions?: readonly string[];
  /** Filled in by `WISP_GOLDEN=write`, then read and judged by a person. */
  readonly expected?: unknown;
}

/**
 * Runs the cases of a file and compares what they give with what the file says. With `WISP_GOLDEN=write` in the
 * environment the file is written anew instead.
 */
export function goldenSuite<T extends GoldenCase>(feature: string, run: (each: T) => Promise<unknown>): void {
  const file = join(folder, `${feature}.json`);
  const cases = JSON.parse(readFileSync(file, "utf8")) as readonly T[];
  const isWriting = process.env["WISP_GOLDEN"] === "write";
  const written: T[] = [];
  describe(`golden: ${feature}`, () => {
    it("has ten cases, in TypeScript and Python", () => {
      assert.ok(cases.length >= 10);
      for (const language of ["typescript", "python"])
        assert.ok(cases.filter(({ languageId }) => languageId === language).length >= 4, language);
    });
    for (const each of cases) {
      it(`${each.languageId}: ${each.name}`, async () => {
        const actual: unknown = JSON.parse(JSON.stringify(await run(each)));
        if (isWriting) written.push({ ...each, expected: actual });
        else assert.deepEqual(actual, each.expected);
      });
    }
    after(() => {
      if (isWriting) writeFileSync(file, `${JSON.stringify(written, null, 2)}\n`);
    });
  });
}

/** The region as marked, without the marks. */
export function markedRegion({ path, languageId, code }: GoldenCase): CodeRegion {
  const marked = code.join("\n");
  const text = `${marked.replace(/[¦«»]/g, "")}\n`;
  const cursor = marked.indexOf("¦");
  const [start, end] = [marked.indexOf("«"), marked.indexOf("»") - 1];
  const range =
    cursor >= 0
      ? { start: cursor, end: cursor }
      : start >= 0
        ? { start, end }
        : { start: 0, end: text.length };
  return { key: `golden:${path}`, path, languageId, text, range };
}

/** What the user means by the mark. */
export async function meantRegion(each: GoldenCase, syntax: SyntaxService): Promise<CodeRegion> {
  const region = markedRegion(each);
  return { ...region, range: await growRange(region, [], syntax) };
}

export function promptCodeOf(region: CodeRegion, each: GoldenCase): PromptCode {
  return {
    path: region.path,
    languageId: region.languageId,
    text: regionText(region),
    startLine: lineAt(region.text, region.range.start),
    definitions: each.definitions?.join("\n") ?? "",
  };
}

export const lines = (text: string): readonly string[] => text.split("\n");

/** Requests in a form that can be read. */
export function readable(requests: readonly ChatRequest[]): unknown {
  return requests.map(({ messages, jsonSchema, ...rest }) => ({
    ...rest,
    ...(jsonSchema && { schema: jsonSchema.name, ...quotesIn(jsonSchema.schema) }),
    messages: messages.map(({ role, content }) => ({ role, content: lines(content) })),
  }));
}

/** The lines that an answer may quote; nothing where any text may stand there. */
function quotesIn(schema: Readonly<Record<string, unknown>>): { readonly quotes?: unknown } {
  const quotes = /"quote":\{"enum":(\[.*?\])\},"problem"/.exec(JSON.stringify(schema))?.[1];
  return quotes === undefined ? {} : { quotes: JSON.parse(quotes) };
}

/** The difference between two documents: for each change its first line, from 1, and both texts. */
export function edits(before: string, after: string): unknown {
  return hunksOf(before, after).map(({ oldStart, oldText, newText }) => ({
    line: oldStart + 1,
    old: oldText === "" ? [] : lines(oldText.replace(/\n$/, "")),
    new: newText === "" ? [] : lines(newText.replace(/\n$/, "")),
  }));
}
