import { type Dialect, dialects } from "./dialects.ts";
import { type SelfTest, selfTest, type Verdict } from "./fimSelfTest.ts";
import { ModelError, type ModelErrorCode } from "./modelErrors.ts";
import {
  attempt,
  attemptOnce,
  clientFor,
  isForbidden,
  isOutside,
  lost,
  type ProbedFamily,
  type ProbeOptions,
  textOf,
} from "./probeRequests.ts";
import { tryAbilities } from "./serverAbilities.ts";
import type { ServerIdentity } from "./serverIdentity.ts";

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

/** What a server can do, each tried with a small request. */
export type Ability = "suffix" | "infill" | "raw" | "stream" | "logprobs" | "tokenizer";

/** True: seen to work; false: refused or without effect; absent: not tried. */
export type Abilities = Readonly<Partial<Record<Ability, boolean>>>;

export interface CompletionCheck {
  readonly model: string;
  /** The way that works; undefined when none does. */
  readonly way?: TriedWay;
  readonly tried: readonly TriedWay[];
  /** What broke while the ways were tried: that none was found may pass. */
  readonly failure?: ModelError;
  readonly abilities: Abilities;
  /** Of the way that works. */
  readonly firstTextMs?: number;
  readonly totalMs?: number;
}

export interface ChatCheck {
  readonly model: string;
  readonly works: boolean;
  readonly jsonSchema: boolean;
  /** More than one piece came. */
  readonly streams: boolean;
  readonly totalMs?: number;
  readonly refusal?: string;
}

/**
 * Tries the ways of filling in the middle that the kind of server may have until one fills the known holes, and then
 * what else the server can do.
 * @throws {ModelError} when the server cannot be reached or refuses the key.
 */
export async function checkCompletion(
  server: ServerIdentity,
  model: string,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<CompletionCheck> {
  const { tried, found, failure, tokenizer } = await tryWays(server, model, options, signal);
  const known = { tried, ...(tokenizer !== undefined && { tokenizer }) };
  const abilities = await tryAbilities(server, model, known, options, signal);
  if (!found) return { model, tried, abilities, ...(failure && { failure }) };
  const { firstTextMs, totalMs, streams, tellsProbabilities } = found.test;
  return {
    model,
    way: found.way,
    tried,
    abilities: { ...abilities, stream: streams, logprobs: tellsProbabilities },
    firstTextMs,
    totalMs,
  };
}

/** Neither an answer nor a refusal; of a server that is loading or going down one sees such things. */
const broken = new Set<ModelErrorCode>(["server-error", "bad-response"]);

interface WaysTried {
  readonly tried: readonly TriedWay[];
  readonly found?: { readonly way: TriedWay; readonly test: SelfTest };
  readonly failure?: ModelError | undefined;
  /** Undefined where nothing had to be asked of it. */
  readonly tokenizer: boolean | undefined;
}

async function tryWays(
  server: ServerIdentity,
  model: string,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<WaysTried> {
  const tried: TriedWay[] = [];
  const forbidden: ModelError[] = [];
  const notThrough: ModelError[] = [];
  let likely: LikelyFamilies | undefined;
  let failure: ModelError | undefined;
  for (const dialect of server.kind.dialects) {
    const isOurs = dialects[dialect].prompt === "family";
    if (isOurs) likely ??= await likelyFamilies(server, model, options, signal);
    for (const family of isOurs ? (likely?.families ?? []) : [undefined]) {
      options.onStep(`${model}: ${family ? `prompt of ${family.id}` : dialect}`);
      const client = clientFor(server, { completion: model, dialect, family }, options);
      const fill = () => selfTest(client, options.clock, signal);
      // A gateway may let a path hang that it does not know, or reset it; that the server is there is known.
      const result = await attempt(fill, options, signal, isOutside(dialect) ? lost : undefined);
      if (result instanceof ModelError && broken.has(result.code)) failure ??= result;
      const way = triedWay(dialect, family, result);
      if (result instanceof ModelError && isForbidden(result)) {
        // It has answered on this path before: the key does not hold any more.
        if (tried.some((other) => other.dialect === dialect && other.verdict)) throw result;
        forbidden.push(result);
      }
      tried.push(way);
      if (result instanceof ModelError && lost.has(result.code)) {
        notThrough.push(result);
        // Another form of the prompt would go the same way.
        break;
      }
      if ("verdict" in result && result.verdict === "fits")
        return { tried, found: { way, test: result }, tokenizer: likely?.tokenizer };
    }
  }
  // No path at all is open: it is the key, or the way to the server.
  for (const closed of [forbidden, notThrough]) {
    if (closed[0] && closed.length === tried.length) throw closed[0];
  }
  return { tried, failure, tokenizer: likely?.tokenizer };
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
  const word = await attemptOnce(
    () => textOf(client.chat({ ...ask, messages: [{ role: "user", content: "Say hello." }] }, signal)),
    signal,
  );
  const totalMs = options.clock.now() - started;
  // There is no other path for chat, so it is the key.
  if (isForbidden(word)) throw word;
  if (word instanceof ModelError)
    return { model, works: false, jsonSchema: false, streams: false, refusal: word.message };
  options.onStep(`${model}: JSON schema`);
  const schema = { type: "object", properties: { sum: { type: "integer" } }, required: ["sum"] };
  const question = "What is 2 + 3? Answer in JSON with the field sum.";
  const json = await attemptOnce(
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
  return {
    model,
    works: word.text.trim() !== "",
    jsonSchema: !(json instanceof ModelError) && hasSum(json.text),
    streams: word.pieces > 1,
    totalMs,
  };
}

interface LikelyFamilies {
  readonly families: readonly ProbedFamily[];
  /** Whether the server has one to ask. */
  readonly tokenizer: boolean;
}

/** By the server's tokenizer where it has one, else those that the model's name hints at first. */
async function likelyFamilies(
  server: ServerIdentity,
  model: string,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<LikelyFamilies> {
  const named = options.families.filter(({ modelName }) => modelName.test(model));
  const ordered = [...named, ...options.families.filter((family) => !named.includes(family))];
  options.onStep(`${model}: tokenizer`);
  const client = clientFor(server, { completion: model, dialect: "template" }, options, true);
  const counts = new Map<string, number | undefined>();
  const markers = new Set(ordered.flatMap((family) => family.markers));
  for (const marker of markers) {
    const count = await attempt(() => client.countTokens(marker, signal), options, signal);
    if (typeof count === "object" || count === undefined) break;
    counts.set(marker, count);
  }
  const tokenizer = counts.size > 0;
  // Which tokens there are is known only when none was left uncounted.
  const known = ordered.filter((family) => family.markers.every((marker) => counts.get(marker) === 1));
  return { families: differentForms(counts.size === markers.size ? known : ordered), tokenizer };
}

/** Families whose prompts look alike in the test need one try. */
function differentForms(families: readonly ProbedFamily[]): readonly ProbedFamily[] {
  const place = { context: [], path: "a.py", prefix: "p", suffix: "s" };
  return [
    ...new Map([...families].reverse().map((family) => [family.render(place), family])).values(),
  ].reverse();
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

function hasSum(text: string): boolean {
  try {
    return Number.isInteger(JSON.parse(text).sum);
  } catch {
    return false;
  }
}

/** What a person is told about a model that no way could make fill the holes. */
export function refusalText({ model, tried, failure, abilities }: CompletionCheck): string {
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
            : abilities.tokenizer && !failure
              ? "its vocabulary has no tokens for it"
              : (tried.find(({ refusal }) => refusal)?.refusal ?? "the server has no way of asking for it");
  return `${model} cannot fill in the middle here: ${why}.`;
}
