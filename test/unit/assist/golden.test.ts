import { findBugs, type KnownProblem } from "../../../src/assist/bugFinder.ts";
import type { SeenProblem } from "../../../src/assist/candidateChecks.ts";
import { writeDocumentation } from "../../../src/assist/documenter.ts";
import { findFix } from "../../../src/assist/fixer.ts";
import { type CodeRegion, lineAt } from "../../../src/assist/region.ts";
import {
  exampleTest,
  type ProjectFacts,
  testFramework,
  testPathOf,
} from "../../../src/assist/testConventions.ts";
import { writeTests } from "../../../src/assist/testWriter.ts";
import { silentLog } from "../../../src/base/log.ts";
import { explainPrompt, fitCode } from "../../../src/prompt/assistPrompt.ts";
import { scriptedChat } from "../../fakes/scriptedChat.ts";
import { createSyntax } from "../syntax/syntax.ts";
import {
  edits,
  type GoldenCase,
  goldenSuite,
  lines,
  markedRegion,
  meantRegion,
  promptCodeOf,
  readable,
} from "./goldenCase.ts";

const never = new AbortController().signal;
const syntax = createSyntax();
after(() => syntax.dispose());

interface ExplainCase extends GoldenCase {
  /** Tokens for code and definitions. */
  readonly budget?: number;
}

goldenSuite<ExplainCase>("explain", async (each) => {
  const region = await meantRegion(each, syntax);
  const fitted = fitCode(promptCodeOf(region, each), each.budget ?? 1000);
  const { question, context } = explainPrompt(fitted.code, each.subject, each.problems ?? []);
  return { question: lines(question), context: lines(context), linesLeftOut: fitted.lost };
});

interface BugsCase extends GoldenCase {
  readonly maxUnitCharacters?: number;
  readonly known?: readonly KnownProblem[];
  /** The selection is not what is looked at but what findings must lie on. */
  readonly only?: boolean;
}

goldenSuite<BugsCase>("bugs", async (each) => {
  const { model, requests } = scriptedChat(each.answers ?? []);
  const marked = markedRegion(each);
  const { text } = marked;
  const region = { ...marked, range: each.only ? { start: 0, end: text.length } : marked.range };
  const options = {
    model,
    syntax,
    log: silentLog,
    maxUnitCharacters: each.maxUnitCharacters ?? 2000,
    leastConfidence: 0.5,
    known: each.known ?? [],
    ...(each.only && { only: [marked.range] }),
    maskSecrets: (code: string) => code,
    definitions: async () => each.definitions?.join("\n") ?? "",
    onProgress: () => undefined,
  };
  const { findings, counts } = await findBugs(region, options, never);
  const marks = findings.map(({ range, message, severity }) => ({
    line: lineAt(text, range.start),
    text: text.slice(range.start, range.end),
    message,
    severity,
  }));
  return { requests: readable(requests), marks, counts };
});

interface FixCase extends GoldenCase {
  /** Messages of the language server for the document as it is; absent where none is asked. */
  readonly before?: readonly string[];
  /** The same for each candidate that gets so far. */
  readonly after?: readonly (readonly string[])[];
  /** Summaries of the user's check command; those with "failed" in them fail. */
  readonly check?: readonly string[];
}

goldenSuite<FixCase>("fix", async (each) => {
  const { model, requests } = scriptedChat(each.answers ?? []);
  const region = await meantRegion(each, syntax);
  const seen = (messages: readonly string[]): readonly SeenProblem[] =>
    messages.map((message) => ({ severity: "error", message, source: "ts" }));
  const [after, summaries] = [[...(each.after ?? [])], [...(each.check ?? [])]];
  const options = {
    model,
    log: silentLog,
    candidates: each.answers?.length ?? 0,
    definitions: each.definitions?.join("\n") ?? "",
    context: "",
    maxAnswerTokens: 2000,
    maskSecrets: (text: string) => text,
    isSearch: each.subject === undefined,
    onProgress: () => undefined,
    checks: {
      syntax,
      problemsOf: async () => (each.after ? seen(after.shift() ?? []) : undefined),
      runCommand: each.check
        ? async (_region: CodeRegion, text: string) => {
            if (text === region.text) return { passed: false, summary: "as it is" };
            const summary = summaries.shift() ?? "";
            return { passed: !summary.includes("failed"), summary };
          }
        : undefined,
    },
  };
  const problems = each.subject ? [each.subject] : [];
  const result = await findFix(region, problems, seen(each.before ?? []), options, never);
  return {
    requests: readable(requests),
    refused: result.refused,
    checked: result.fix?.check.notes ?? null,
    edits: edits(region.text, result.fix?.text ?? region.text),
  };
});

goldenSuite<GoldenCase>("document", async (each) => {
  const { model, requests } = scriptedChat(each.answers ?? []);
  const region = await meantRegion(each, syntax);
  const result = await writeDocumentation(region, promptCodeOf(region, each), model, syntax, never);
  return {
    requests: readable(requests),
    outcome: result.kind === "nothing" ? result.why : result.kind,
    edits: edits(region.text, result.kind === "written" ? result.text : region.text),
  };
});

interface TestsCase extends GoldenCase {
  /** Name of what is tested. */
  readonly tested: string;
  readonly project: {
    readonly tests: readonly string[];
    readonly manifests: Readonly<Record<string, string>>;
  };
  /** Text of the test that serves as an example. */
  readonly example?: readonly string[];
}

goldenSuite<TestsCase>("tests", async (each) => {
  const { model, requests } = scriptedChat(each.answers ?? []);
  const region = await meantRegion(each, syntax);
  const facts: ProjectFacts = {
    tests: each.project.tests,
    manifests: Object.entries(each.project.manifests).map(([name, text]) => ({ folder: "", name, text })),
  };
  const path = exampleTest(each.path, facts);
  const conventions = {
    framework: testFramework(each.languageId, facts),
    testPath: testPathOf(each.path, each.languageId, facts),
    example:
      path && each.example ? { path, languageId: each.languageId, text: each.example.join("\n") } : undefined,
  };
  const candidates = each.answers?.length ?? 0;
  const options = { model, syntax, candidates, maxTokens: 800, subject: each.tested };
  const result = await writeTests(promptCodeOf(region, each), conventions, options, never);
  return {
    requests: readable(requests),
    testPath: conventions.testPath,
    ...(result.kind === "written" && { text: lines(result.text), notes: result.notes }),
    ...(result.kind === "nothing" && { refused: result.refused }),
  };
});
