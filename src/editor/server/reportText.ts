import type { Verdict } from "../../model/fimSelfTest.ts";
import type { ServerIdentity } from "../../model/serverIdentity.ts";
import type { Ability, ChatCheck, CompletionCheck, TriedWay } from "../../model/serverProbe.ts";

/** What is kept of a probe, for lists of profiles. */
export interface ServerReport {
  readonly kind: string;
  readonly version?: string;
  readonly firstTextMs?: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface ProbeResult {
  readonly identity: ServerIdentity;
  readonly completion?: CompletionCheck | undefined;
  readonly chat?: ChatCheck | undefined;
}

const abilityNames: Readonly<Record<Ability, string>> = {
  suffix: "`suffix` (the server writes the infill prompt)",
  infill: "`/infill`",
  raw: "raw prompts",
  stream: "streaming",
  logprobs: "token probabilities",
  tokenizer: "tokenizer",
};

const verdictTexts: Readonly<Record<Verdict, string>> = {
  fits: "fills in what belongs there",
  "chat-text": "answers with sentences",
  "special-tokens": "writes special tokens back",
  "ignores-suffix": "goes on as if nothing stood behind the cursor",
  empty: "answers with nothing",
  wrong: "writes something else",
};

export function serverTitle({ kind, version }: Pick<ServerIdentity, "version" | "kind">): string {
  return version === undefined ? kind.name : `${kind.name} ${version}`;
}

/** The whole result as a document in Markdown. */
export function reportMarkdown(name: string, { identity, completion, chat }: ProbeResult): string {
  return [
    `# ${name}`,
    "",
    `${serverTitle(identity)} at ${identity.baseUrl}`,
    "",
    `Models: ${identity.models.map(({ id }) => `\`${id}\``).join(", ") || "none listed"}`,
    ...(completion ? completionLines(completion) : []),
    ...(chat ? chatLines(chat) : []),
    "",
  ].join("\n");
}

function completionLines(check: CompletionCheck): string[] {
  const { model, way, tried, abilities, firstTextMs, totalMs } = check;
  const names = Object.entries(abilities).map(([ability, has]) => {
    const text = abilityNames[ability as Ability];
    return `| ${text} | ${yesNo(has)} |`;
  });
  return [
    "",
    "## Completion",
    "",
    `Model: \`${model}\`${way ? `, asked by ${wayName(way)}` : ", refused"}`,
    ...(firstTextMs === undefined || totalMs === undefined
      ? []
      : ["", `First text after ${Math.round(firstTextMs)} ms, all of it after ${Math.round(totalMs)} ms.`]),
    "",
    "| Tried | |",
    "|---|---|",
    ...names,
    "",
    ...tried.flatMap(triedLines),
  ];
}

function triedLines({ verdict, shown, refusal, ...way }: TriedWay): string[] {
  if (verdict === undefined || !shown) return [`- ${wayName(way)}: refused. ${refusal ?? ""}`];
  const [before, answer, behind] = shown;
  return [
    `- ${wayName(way)}: ${verdictTexts[verdict]}.`,
    "",
    "```",
    `${before}⟦${answer}⟧${behind}`.trimEnd(),
    "```",
    "",
  ];
}

export function wayName({ dialect, family }: Pick<TriedWay, "dialect" | "family">): string {
  return family === undefined ? `\`${dialect}\`` : `\`${dialect}\` in the form of ${family}`;
}

function chatLines({ model, works, jsonSchema, streams, totalMs, refusal }: ChatCheck): string[] {
  return [
    "",
    "## Chat",
    "",
    `Model: \`${model}\``,
    "",
    works
      ? `Works, ${Math.round(totalMs ?? 0)} ms for a word; streams: ${yesNo(streams)}; answers in a JSON schema: ${yesNo(jsonSchema)}.`
      : `Does not work. ${refusal ?? ""}`,
  ];
}

function yesNo(has: boolean): string {
  return has ? "yes" : "no";
}

/** The answer in the place where it stands, on one line, for a message. */
export function shownAnswer({ shown }: TriedWay): string {
  const [before = "", answer = ""] = shown ?? [];
  const line = before.slice(before.lastIndexOf("\n") + 1).trimStart();
  return `${line}⟦${answer.trim().split("\n", 1)[0]}⟧`;
}
