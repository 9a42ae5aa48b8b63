import { type Dialect, dialects } from "./dialects.ts";
import { holes, judge } from "./fimSelfTest.ts";
import { ModelError } from "./modelErrors.ts";
import { attempt, clientFor, endsProbe, type ProbeOptions, textOf } from "./probeRequests.ts";
import type { ServerIdentity } from "./serverIdentity.ts";
import type { Abilities, Ability, TriedWay } from "./serverProbe.ts";

/** Ways that any server of one's own may have; a service on the net is asked its own documented way only. */
const commonWays: readonly Dialect[] = ["openai-suffix", "infill", "template"];

const abilityOf: Readonly<Record<Dialect, Ability>> = {
  engine: "suffix",
  "openai-suffix": "suffix",
  "mistral-fim": "suffix",
  "deepseek-fim": "suffix",
  infill: "infill",
  template: "raw",
  "ollama-raw": "raw",
};

/** What has come out about a server before. */
export interface KnownOfServer {
  readonly tried: readonly TriedWay[];
  readonly tokenizer?: boolean;
}

/**
 * Tries, with a small request each, what has not come out by the way. Whatever fails is not there: gateways hang, reset
 * and forbid what they do not know, and how completions are asked for is settled before.
 */
export async function tryAbilities(
  server: ServerIdentity,
  model: string,
  { tried, tokenizer }: KnownOfServer,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<Abilities> {
  const abilities: Partial<Record<Ability, boolean>> = {};
  for (const way of tried) abilities[abilityOf[way.dialect]] ||= isAbility(way.dialect, way.verdict);
  if (server.kind.host) return abilities;
  for (const dialect of commonWays) {
    const ability = abilityOf[dialect];
    if (abilities[ability] !== undefined) continue;
    options.onStep(`${model}: ${dialect}`);
    abilities[ability] = await works(server, model, dialect, options, signal);
  }
  options.onStep(`${model}: tokenizer`);
  abilities.tokenizer = tokenizer ?? (await hasTokenizer(server, model, options, signal));
  return abilities;
}

/** A raw prompt works where it is continued at all; what sees both sides works where it fills the hole. */
function isAbility(dialect: Dialect, verdict: TriedWay["verdict"]): boolean {
  return dialects[dialect].prompt === "family" ? verdict !== undefined : verdict === "fits";
}

async function works(
  server: ServerIdentity,
  model: string,
  dialect: Dialect,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<boolean> {
  // The one that nobody can fill who does not see the suffix: many servers take the field and ignore it.
  const hole = holes.at(-1);
  if (!hole) return false;
  const request = {
    context: [],
    path: hole.path,
    prefix: hole.prefix,
    suffix: hole.suffix,
    maxTokens: 16,
    temperature: 0,
    candidates: 1,
    stop: [],
  };
  const client = clientFor(server, { completion: model, dialect }, options, true);
  const answer = await attempt(() => textOf(client.complete(request, signal)), options, signal, endsProbe);
  return !(answer instanceof ModelError) && isAbility(dialect, judge(hole, answer.text));
}

async function hasTokenizer(
  server: ServerIdentity,
  model: string,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const client = clientFor(server, { completion: model, dialect: "template" }, options, true);
  return typeof (await attempt(() => client.countTokens("token", signal), options, signal)) === "number";
}
