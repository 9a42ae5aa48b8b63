import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { answerSituation } from "../../../src/completion/answerSituation.ts";
import { digest } from "../../../src/completion/digest.ts";
import { trimStream } from "../../../src/completion/streamTrimmer.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { documentAt } from "./pipelineBench.ts";

interface Golden {
  readonly language: string;
  readonly tabSize: number;
  readonly insertSpaces: boolean;
  readonly maxLines: number;
  readonly cases: readonly {
    readonly name: string;
    readonly code: string;
    readonly raw: string;
    readonly expect: string | { readonly silent: string };
  }[];
}

const folder = new URL("../../golden/", import.meta.url);

describe("golden corpus", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  for (const file of readdirSync(folder)) {
    if (!file.endsWith(".json")) continue;
    const golden: Golden = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
    describe(file.replace(".json", ""), () => {
      for (const { name, code, raw, expect } of golden.cases) {
        it(name, async () => {
          const { insertSpaces, tabSize, language: languageId } = golden;
          const document = documentAt(code, { languageId, indentation: { insertSpaces, tabSize } });
          const cursor = await syntax.atCursor(code, languageId, document.prefix, document.suffix);
          const situation = answerSituation(document, golden, "automatic", cursor);
          const { result } = digest(streamed(raw, situation), [], situation, 0.5);
          assert.deepEqual(typeof result === "string" ? result : { silent: result.dropped }, expect);
          const check = typeof result === "string" ? cursor?.check(result) : undefined;
          assert.ok(!check?.addsErrors || check.leavesOpen, JSON.stringify(check));
          cursor?.dispose();
        });
      }
    });
  }
});

/** Character by character, as a stream comes, so that a trimmer that looks too early is found. */
function streamed(raw: string, situation: Parameters<typeof trimStream>[1]): string {
  for (let length = 1; length <= raw.length; length++) {
    const trim = trimStream(raw.slice(0, length), situation);
    if (trim) return raw.slice(0, trim.end);
  }
  const trim = trimStream(`${raw}\n`, situation);
  return raw.slice(0, trim?.end ?? raw.length);
}
