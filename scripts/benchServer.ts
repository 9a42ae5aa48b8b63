import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runUser, type Sample } from "../bench/server/load.ts";
import { type LoadReport, loadReport, reportText } from "../bench/server/loadReport.ts";
import { ServerWatch } from "../bench/server/serverWatch.ts";
import { type SessionSource, seeded, typingSession } from "../bench/server/typingSession.ts";
import { systemClock } from "../src/base/clock.ts";
import { silentLog } from "../src/base/log.ts";
import { serverRoot } from "../src/model/dialects.ts";
import { OpenAiClient } from "../src/model/openAiClient.ts";
import { identifyServer } from "../src/model/serverIdentity.ts";
import { checkCompletion, refusalText } from "../src/model/serverProbe.ts";
import { type FimWay, fimWayOf, fimWayText } from "../src/model/serverProfile.ts";
import { commented, fimFamilies, fimPrompt } from "../src/prompt/fimTemplate.ts";
import { runCommand, wholeNumber } from "./support/command.ts";
import { repoRoot } from "./support/repo.ts";
import { step, UsageError } from "./support/step.ts";

const usage = `npm run bench:server -- --url URL [options]

Replays typing sessions of many users against a server and prints what they would have felt.

  --url URL        address of the server
  --users N        how many type at the same time (default 10)
  --seconds N      how long (default 30)
  --model ID       default: the first that the server lists
  --fim WAY        for example infill or template:qwen2.5-coder; default: what the self-test finds
  --max-tokens N   per completion (default 48)
  --seed N         another set of sessions (default 1)
  --pid N          process of the server on this machine (Linux), to follow its memory
  --json           print the result as JSON
The key comes from the variable WISP_SERVER_KEY.`;

const options = {
  url: { type: "string" },
  users: { type: "string", default: "10" },
  seconds: { type: "string", default: "30" },
  model: { type: "string" },
  fim: { type: "string" },
  "max-tokens": { type: "string", default: "48" },
  seed: { type: "string", default: "1" },
  pid: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

await runCommand(usage, { options }, async ({ values }) => {
  if (values.url === undefined) throw new UsageError("--url URL is needed; --help tells more.");
  const users = wholeNumber("--users", values.users, 1);
  const seconds = wholeNumber("--seconds", values.seconds, 1);
  const seed = wholeNumber("--seed", values.seed, 1);
  const maxTokens = wholeNumber("--max-tokens", values["max-tokens"], 1);
  const server = await openServer(values.url, values.model, values.fim);
  step(`${server.title}: ${users} users for ${seconds} s`);
  const pid = values.pid === undefined ? undefined : wholeNumber("--pid", values.pid, 1);
  const watch = await ServerWatch.start(server.root, process.env["WISP_SERVER_KEY"], pid);
  const samples: Sample[] = [];
  let missed = 0;
  const sources = sessionSources();
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: users }, (_, user) => {
      const asks = typingSession(sources, seconds, seeded(seed * 100_003 + user));
      const onSample = (sample: Sample): void => void samples.push(sample);
      const onMissed = (): void => void missed++;
      const client = server.client(`bench-${user}`);
      return runUser(client, asks, startedAt, { user, maxTokens, onSample, onMissed });
    }),
  );
  const tookSeconds = (performance.now() - startedAt) / 1000;
  const report: LoadReport = loadReport(samples, missed, users, tookSeconds, await watch.end());
  console.log(values.json ? JSON.stringify(report, null, 2) : reportText(report));
  return report.answered > 0 ? 0 : 1;
});

interface Server {
  readonly title: string;
  /** Without the version. */
  readonly root: string;
  /** A client of its own for each user. */
  readonly client: (user: string) => OpenAiClient;
}

async function openServer(url: string, wanted: string | undefined, fim: string | undefined): Promise<Server> {
  const connection = {
    fetch: (input: string | URL | Request, init?: RequestInit) => fetch(input, init),
    apiKey: async () => process.env["WISP_SERVER_KEY"],
    clock: systemClock,
    log: silentLog,
  };
  const options = { ...connection, withinMs: 10_000, families: fimFamilies, onStep: step };
  const signal = AbortSignal.timeout(300_000);
  const identity = await identifyServer(url, options, signal);
  const model = wanted ?? identity.models[0]?.id;
  if (model === undefined) throw new UsageError("The server lists no model: name one with --model.");
  let way: FimWay | undefined = fim === undefined ? undefined : fimWayOf(fim);
  if (fim !== undefined && !way) throw new UsageError(`--fim names no way of filling in the middle: ${fim}`);
  if (!way) {
    const check = await checkCompletion(identity, model, options, signal);
    if (!check.way)
      throw new UsageError(`${refusalText(check)} Name a way with --fim to measure it all the same.`);
    way = check.way;
  }
  const { dialect } = way;
  const family = fimFamilies.find(({ id }) => id === way.family);
  return {
    root: serverRoot(identity.baseUrl),
    title: `${identity.kind.name} ${identity.version ?? ""}, ${model} by ${fimWayText(way)}`,
    client: (user) =>
      new OpenAiClient({
        ...connection,
        baseUrl: identity.baseUrl,
        completionModel: model,
        chatModel: model,
        dialect,
        user,
        renderContext: commented,
        ...(family && { renderFim: (request) => fimPrompt(family, request) }),
      }),
  };
}

/** The project's own sources stand for what people type. */
function sessionSources(): readonly SessionSource[] {
  const paths = globSync(["src/**/*.ts", "samples/**/*.{ts,py,js}"], { cwd: repoRoot });
  return paths
    .map((path) => ({ path, text: readFileSync(join(repoRoot, path), "utf8") }))
    .filter(({ text }) => text.length > 1000);
}
