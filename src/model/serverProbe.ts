import type { Log } from "../base/log.ts";
import type { RenderFim } from "./completionRequest.ts";
import { type Dialect, dialects } from "./dialects.ts";
import { type SelfTest, selfTest, type Verdict } from "./fimSelfTest.ts";
import type { CompletionEvent, FimRequest } from "./modelClient.ts";
import { ModelError } from "./modelErrors.ts";
import { OpenAiClient } from "./openAiClient.ts";
import type { GetOptions } from "./serverGet.ts";
import type { ServerIdentity } from "./serverIdentity.ts";

/** What the probe must know of a family of models. */
export interface ProbedFamily {
  readonly id: string;
  readonly modelName: RegExp;
  readonly markers: readonly string[];
  readonly stop: readonly string[];
  render(place: Pick<FimRequest, "context" | "path" | "prefix" | "suffix">): string;
}

export interface ProbeOptions extends GetOptions {
  readonly log: Log;
  readonly families: readonly ProbedFamily[];
  /** Told what is being tried, in words. */
  readonly onStep: (step: string) => void;
}

/** One way of filling in the middle, as it went. */
export interface TriedWay {
  readonly dialect: Dialect;
  /** Of the prompt's form, where this side writes it. */
  readonly family?: string;
  /** Absent when the server refused the request. */
  readonly verdict?: Verdict;
  /** The code in front of the hole, the model's actual answer, and the code behind it. */
  readonly shown?: readonly [string, string, string];
  readonly refusal?: string;
}

export type Ability = "suffix" | "infill" | "raw" | "stream" | "logprobs" | "tokenizer";

export interface CompletionCheck {
  readonly model: string;
  /** The way that works; undefined when none does. */
  readonly way?: TriedWay;
  readonly tried: readonly TriedWay[];
  readonly abilities: Readonly<Partial<Record<Ability, boolean>>>;
  /** Of the way that works. */
  readonly firstTextMs?: number;
  readonly totalMs?: number;
}

export interface ChatCheck {
  readonly model: string;
  readonly works: boolean;
  readonly jsonSchema: boolean;
  readonly totalMs?: number;
  readonly refusal?: string;
}

/** These say something about the server or the way to it, not about a way of asking: the probe ends. */
const endsProbe = new Set(["unreachable", "unauthorized", "rate-limited", "timeout"]);

const abilityOf: Partial<Record<Dialect, Ability>> = {
  engine: "suffix",
  "openai-suffix": "suffix",
  "mistral-fim": "suffix",
  "deepseek-fim": "suffix",
  infill: "infill",
  template: "raw",
  "ollama-raw": "raw",
};

/**
 * Tries the ways of filling in the middle that the kind of server may have until one fills the known holes.
 * @throws {ModelError} when the server cannot be reached or refuses the key.
 */
export async function checkCompletion(
  server: ServerIdentity,
  model: string,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<CompletionCheck> {
  const tried: TriedWay[] = [];
  const abilities: Partial<Record<Ability, boolean>> = {};
  let families: readonly ProbedFamily[] | undefined;
  for (const dialect of server.kind.dialects) {
    const isOurs = dialects[dialect].prompt === "family";
    if (isOurs) families ??= await likelyFamilies(server, model, options, abilities, signal);
    for (const family of isOurs ? (families ?? []) : [undefined]) {
      options.onStep(`${model}: ${family ? `prompt of ${family.id}` : dialect}`);
      const client = clientFor(server, { completion: model, dialect, family }, options);
      const result = await attempt(() => selfTest(client, options.clock, signal), signal);
      const ability = abilityOf[dialect];
      if (ability) abilities[ability] ||= "verdict" in result;
      tried.push(triedWay(dialect, family, result));
      if (!("verdict" in result) || result.verdict !== "fits") continue;
      const { firstTextMs, totalMs, streams, tellsProbabilities } = result;
      const more = { stream: streams, logprobs: tellsProbabilities };
      const way = tried.at(-1);
      return {
        model,
        tried,
        ...(way && { way }),
        abilities: { ...abilities, ...more },
        firstTextMs,
        totalMs,
      };
    }
  }
  return { model, tried, abilities };
}

/** Asks `model` for a word and for JSON of a schema. Throws like {@link checkCompletion}. */
export async function checkChat(
  server: ServerIdentity,
  model: string,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<ChatCheck> {
  options.onStep(`${model}: chat`);
  const client = clientFor(server, { chat: model, dialect: "openai-suffix" }, options);
  const started = options.clock.now();
  const ask = { maxTokens: 24, temperature: 0 };
  const word = await attempt(
    () => textOf(client.chat({ ...ask, messages: [{ role: "user", content: "Say hello." }] }, signal)),
    signal,
  );
  const totalMs = options.clock.now() - started;
  if (typeof word !== "string") return { model, works: false, jsonSchema: false, refusal: word.message };
  options.onStep(`${model}: JSON schema`);
  const schema = { type: "object", properties: { sum: { type: "integer" } }, required: ["sum"] };
  const question = "What is 2 + 3? Answer in JSON with the field sum.";
  const json = await attempt(
    () =>
      textOf(
        client.chat(
          {
            ...ask,
            messages: [{ role: "user", content: question }],
            jsonSchema: { name: "sum", schema },
          },
          signal,
        ),
      ),
    signal,
  );
  return { model, works: word.trim() !== "", jsonSchema: typeof json === "string" && hasSum(json), totalMs };
}

/** By the server's tokenizer where it has one, else those that the model's name hints at first. */
async function likelyFamilies(
  server: ServerIdentity,
  model: string,
  options: ProbeOptions,
  abilities: Partial<Record<Ability, boolean>>,
  signal: AbortSignal,
): Promise<readonly ProbedFamily[]> {
  const named = options.families.filter(({ modelName }) => modelName.test(model));
  const ordered = [...named, ...options.families.filter((family) => !named.includes(family))];
  options.onStep(`${model}: tokenizer`);
  const client = clientFor(server, { completion: model, dialect: "template" }, options);
  const counts = new Map<string, number | undefined>();
  for (const marker of new Set(ordered.flatMap(({ markers }) => markers))) {
    const count = await attempt(() => client.countTokens(marker, signal), signal);
    if (typeof count === "object" || count === undefined) break;
    counts.set(marker, count);
  }
  abilities.tokenizer = counts.size > 0;
  if (!abilities.tokenizer) return differentForms(ordered);
  return differentForms(ordered.filter(({ markers }) => markers.every((marker) => counts.get(marker) === 1)));
}

/** Families whose prompts look alike in the test need one try. */
function differentForms(families: readonly ProbedFamily[]): readonly ProbedFamily[] {
  const place = { context: [], path: "a.py", prefix: "p", suffix: "s" };
  return [
    ...new Map([...families].reverse().map((family) => [family.render(place), family])).values(),
  ].reverse();
}

interface Asked {
  readonly completion?: string;
  readonly chat?: string;
  readonly dialect: Dialect;
  readonly family?: ProbedFamily | undefined;
}

function clientFor(server: ServerIdentity, asked: Asked, options: ProbeOptions): OpenAiClient {
  const { fetch, apiKey, clock, log, withinMs } = options;
  const { family } = asked;
  const renderFim: RenderFim | undefined = family
    ? (request) => ({ prompt: family.render(request), stop: family.stop })
    : undefined;
  return new OpenAiClient({
    baseUrl: server.baseUrl,
    fetch,
    apiKey,
    clock,
    log,
    // The first request may have the server load the model.
    timeouts: { firstByteMs: Math.max(withinMs, 120_000), betweenChunksMs: 30_000 },
    completionModel: asked.completion ?? "",
    chatModel: asked.chat ?? "",
    dialect: asked.dialect,
    renderFim,
  });
}

/** What `ask` gives, or the refusal; throws what ends the probe. */
async function attempt<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T | ModelError> {
  try {
    return await ask();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ModelError && !endsProbe.has(error.code)) return error;
    throw error;
  }
}

function triedWay(
  dialect: Dialect,
  family: ProbedFamily | undefined,
  result: SelfTest | ModelError,
): TriedWay {
  const way = { dialect, ...(family && { family: family.id }) };
  if (result instanceof ModelError) return { ...way, refusal: result.message };
  const { verdict, hole, text } = result;
  return { ...way, verdict, shown: [hole.prefix, text, hole.suffix] };
}

async function textOf(events: AsyncIterable<CompletionEvent>): Promise<string> {
  let text = "";
  for await (const event of events) if (event.type === "delta") text += event.text;
  return text;
}

function hasSum(text: string): boolean {
  try {
    return Number.isInteger(JSON.parse(text).sum);
  } catch {
    return false;
  }
}

/** What a person is told about a model that no way could make fill the holes. */
export function refusalText({ model, tried, abilities }: CompletionCheck): string {
  const verdicts = new Set(tried.flatMap(({ verdict }) => (verdict ? [verdict] : [])));
  const why = verdicts.has("ignores-suffix")
    ? "it goes on writing as if nothing stood behind the cursor"
    : verdicts.has("chat-text")
      ? "it answers with sentences in place of code"
      : verdicts.has("special-tokens")
        ? "it writes the prompt's special tokens back"
        : verdicts.has("wrong")
          ? "what it writes does not belong at the place"
          : verdicts.has("empty")
            ? "it answers with nothing"
            : abilities.tokenizer
              ? "its vocabulary has no tokens for it"
              : (tried.find(({ refusal }) => refusal)?.refusal ?? "the server has no way of asking for it");
  return `${model} cannot fill in the middle here: ${why}.`;
}
