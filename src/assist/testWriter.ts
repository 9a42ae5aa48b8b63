import type { ModelClient } from "../model/modelClient.ts";
import { type PromptCode, type TestConventions, testsPrompt } from "../prompt/assistPrompt.ts";
import type { SyntaxService } from "../syntax/syntaxService.ts";
import { collectAnswer, fencedCode, hasClosedBlock } from "./modelAnswer.ts";

export interface WriteTestsOptions {
  readonly model: ModelClient;
  readonly syntax: SyntaxService;
  /** Tries until one can be used: the first greedy, the others sampled. */
  readonly candidates: number;
  readonly maxTokens: number;
  /** Name of what is tested; an answer that never uses it is refused. */
  readonly subject: string | undefined;
}

export type TestsResult =
  | { readonly kind: "written"; readonly text: string; readonly notes: readonly string[] }
  | { readonly kind: "nothing"; readonly refused: readonly string[] }
  | { readonly kind: "cancelled" };

/**
 * Asks for a test file until one parses and uses what it is meant to test.
 * @throws {ModelError}
 */
export async function writeTests(
  code: PromptCode,
  conventions: TestConventions,
  { model, syntax, candidates, maxTokens, subject }: WriteTestsOptions,
  signal: AbortSignal,
): Promise<TestsResult> {
  const messages = testsPrompt(code, conventions);
  const refused: string[] = [];
  for (let attempt = 0; attempt < candidates; attempt++) {
    const request = { messages, maxTokens, temperature: attempt === 0 ? 0 : 0.7, seed: attempt };
    const answer = await collectAnswer(model, request, signal, hasClosedBlock);
    if (answer.cancelled || signal.aborted) return { kind: "cancelled" };
    const isCut = answer.cut && !hasClosedBlock(answer.text);
    const written = fencedCode(answer.text)?.trimEnd();
    if (!written) {
      refused.push("the answer held no code");
      continue;
    }
    if (subject && !new RegExp(`(?<![\\w$])${subject.replace(/\$/g, "\\$")}(?![\\w$])`).test(written)) {
      refused.push(`does not use ${subject}`);
      continue;
    }
    const parses = await isWhole(written, code.languageId, conventions.testPath, syntax);
    if (parses === false) {
      refused.push(isCut ? "the answer was cut off" : "does not parse");
      continue;
    }
    return {
      kind: "written",
      text: `${written}\n`,
      notes: [
        parses ? "parses" : "syntax not checked (no grammar)",
        ...(isCut ? ["its end was cut off"] : []),
      ],
    };
  }
  return { kind: "nothing", refused };
}

async function isWhole(
  text: string,
  languageId: string,
  key: string,
  syntax: SyntaxService,
): Promise<boolean | undefined> {
  const cursor = await syntax.atCursor(`${key}#tests`, languageId, "", "\n");
  try {
    return cursor ? !cursor.check(text).addsErrors : undefined;
  } finally {
    cursor?.dispose();
  }
}
