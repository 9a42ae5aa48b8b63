import { parseArgs } from "node:util";
import { caseLanguages, writeCaseSet } from "../bench/cases/caseSet.ts";

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

const { values } = parseArgs({
  options: {
    repo: { type: "string", multiple: true },
    since: { type: "string" },
    counts: { type: "string", default: "7,6,5,6" },
    seed: { type: "string", default: "1" },
    out: { type: "string" },
  },
});
if (!values.repo || values.since === undefined || values.out === undefined) {
  console.error(usage);
  process.exit(2);
}
const [line_end = 0, mid_call = 0, block = 0, cross_file = 0] = values.counts.split(",").map(Number);
const repositories = values.repo.map((each) => {
  const colon = each.lastIndexOf(":");
  return { location: each.slice(0, colon), languageId: each.slice(colon + 1) };
});
try {
  const cases = await writeCaseSet(values.out, {
    repositories,
    since: values.since,
    wanted: { line_end, mid_call, block, cross_file },
    seed: Number(values.seed),
    tell: (message) => console.error(message),
  });
  console.log(`${cases.length} cases in ${values.out}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
