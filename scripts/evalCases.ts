import { caseLanguages, writeCaseSet } from "../bench/cases/caseSet.ts";
import { runCommand, wholeNumber } from "./support/command.ts";
import { UsageError } from "./support/step.ts";

const usage = `usage: npm run eval:cases -- --repo GITDIR:LANGUAGE [--repo …] --since DAY --out DIR [options]

Makes completion cases from public git repositories: places in lines that are newer than a day, so that a model which
was trained before cannot have seen them. The set has the form that npm run eval -- --cases reads: cases.jsonl.gz (one
place per line: prefix + truth_block + suffix is the file) and workspaces.jsonl.gz (the repository's files, licences
included).

  --repo GITDIR:LANGUAGE  a checkout or a bare repository, and which of its languages
                          (${caseLanguages.join(", ")})
  --since DAY             such as 2026-01-01
  --counts A,B,C,D        cases per repository of line_end, mid_call, block, cross_file (default 7,6,5,6)
  --seed S                chooses which places those are (default 1)
`;

const options = {
  repo: { type: "string", multiple: true },
  since: { type: "string" },
  counts: { type: "string", default: "7,6,5,6" },
  seed: { type: "string", default: "1" },
  out: { type: "string" },
} as const;

await runCommand(usage, { options }, async ({ values }) => {
  if (!values.repo || values.since === undefined || values.out === undefined)
    throw new UsageError("--repo GITDIR:LANGUAGE, --since DAY and --out DIR are needed; --help tells more.");
  if (!/^\d{4}-\d{2}-\d{2}$/.test(values.since) || Number.isNaN(Date.parse(values.since)))
    throw new UsageError(`--since takes a day such as 2026-01-01, not "${values.since}".`);
  const [line_end = 0, mid_call = 0, block = 0, cross_file = 0] = countsOf(values.counts);
  const cases = await writeCaseSet(values.out, {
    repositories: values.repo.map(repositoryOf),
    since: values.since,
    wanted: { line_end, mid_call, block, cross_file },
    seed: wholeNumber("--seed", values.seed),
    tell: (message) => console.error(message),
  });
  console.log(`${cases.length} cases in ${values.out}`);
  return 0;
});

function repositoryOf(text: string): { location: string; languageId: string } {
  const colon = text.lastIndexOf(":");
  const languageId = text.slice(colon + 1);
  if (colon < 1 || !caseLanguages.includes(languageId))
    throw new UsageError(`--repo takes GITDIR:LANGUAGE (${caseLanguages.join(", ")}), not "${text}".`);
  return { location: text.slice(0, colon), languageId };
}

function countsOf(text: string): readonly number[] {
  const counts = text.split(",").map((each) => wholeNumber("--counts", each));
  if (counts.length === 4) return counts;
  throw new UsageError(`--counts takes four numbers such as 7,6,5,6, not "${text}".`);
}
