import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { EngineConnection, engineBaseUrl } from "../model/engineConnection.ts";
import type { EngineProcess } from "../model/engineProcess.ts";
import type { ModelClient } from "../model/modelClient.ts";
import { ModelError } from "../model/modelErrors.ts";
import { OpenAiClient } from "../model/openAiClient.ts";
import type { ProbeOptions } from "../model/probeRequests.ts";
import { ResilientClient, type ResilientOptions } from "../model/resilientClient.ts";
import { serverAddress } from "../model/serverIdentity.ts";
import { fimWayOf, noModel } from "../model/serverProfile.ts";
import { fimFamilies, findFimFamily } from "../prompt/fimTemplate.ts";
import { Backend, type MakeClient } from "./backend.ts";
import type { ServerKeys } from "./secrets.ts";
import { PartedClient } from "./server/partedClient.ts";
import { ProvenClient } from "./server/provenClient.ts";
import { type FimOptions, fimOptionsOf, provenFimOptions } from "./server/provenWay.ts";
import type { MachineSettings } from "./settingValues.ts";

export interface ClientParts {
  readonly clock: Clock;
  readonly log: Log;
}

type ServerSettings = MachineSettings["server"];

/** Stands for this window at a server of Wisp's own kind; new with every start, so that it tells nothing. */
const window = crypto.randomUUID();

const listWithinMs = 10_000;
/** A model may have to be loaded first. */
const proveWithinMs = 180_000;
/** A completion that has not begun by then is of no use to somebody who types. */
const deadlineMs = 8_000;
/** As long as somebody who asked for suggestions by hand is let wait. */
const endWithinMs = 60_000;
/** Most answers of a healthy server have begun long before. */
const hedgeMs = 1_500;

export function engineClient(engine: EngineProcess, modelId: string, parts: ClientParts): MakeClient {
  const client = new OpenAiClient({
    ...parts,
    baseUrl: engineBaseUrl,
    connection: new EngineConnection(engine.ask),
    completionModel: modelId,
    chatModel: modelId,
    dialect: "engine",
  });
  return async () => client;
}

/** Asks the server for its models where the settings leave the choice to it. */
export function serverClient(server: ServerSettings, keys: ServerKeys, parts: ClientParts): MakeClient {
  return async (replaced) => {
    const { url } = server;
    const [completionModel, chatModel] = [wanted(server.completionModel), wanted(server.chatModel)];
    if (!url) {
      throw new ModelError(
        "unreachable",
        "No server is set.",
        "Run “Wisp: Connect to a Server…”, or set wisp.backend to embedded.",
      );
    }
    const common = {
      ...parts,
      // As in Connect, the address may be that of a request.
      baseUrl: serverAddress(url),
      fetch: (input: string | URL | Request, init?: RequestInit) => fetch(input, init),
      apiKey: () => keys.get(url),
      user: window,
    };
    const lister = new OpenAiClient({
      ...common,
      dialect: "openai-suffix",
      completionModel: "",
      chatModel: "",
    });
    const completes = server.completionModel !== noModel;
    const model = completionModel ?? (completes ? undefined : chatModel) ?? (await firstModel(lister));
    if (!model) {
      throw new ModelError(
        "model-not-found",
        "The server lists no model.",
        "Name one in wisp.server.completionModel.",
      );
    }
    const models = { completionModel: model, chatModel: chatModel ?? model };
    const made = (fim: FimOptions): OpenAiClient => new OpenAiClient({ ...common, ...models, ...fim });
    // Nothing is asked of a model for completion that the user declined.
    if (!completes) return made({ dialect: "openai-suffix" });
    const known = knownFim(server, model);
    if (known) return made(known);
    const prove = async (): Promise<ModelClient> =>
      made(await provenFim(common.baseUrl, model, common, replaced));
    return new ProvenClient(made({ dialect: "openai-suffix" }), prove, replaced);
  };
}

function wanted(model: string | undefined): string | undefined {
  return model === noModel ? undefined : model;
}

async function firstModel(lister: OpenAiClient): Promise<string | undefined> {
  const models = await within(listWithinMs, "list its models", (signal) => lister.listModels(signal));
  return models[0];
}

async function within<T>(
  ms: number,
  what: string,
  ask: (signal: AbortSignal) => Promise<T>,
  withdrawn?: AbortSignal,
): Promise<T> {
  const late = AbortSignal.timeout(ms);
  try {
    return await ask(withdrawn ? AbortSignal.any([late, withdrawn]) : late);
  } catch (error) {
    if (!late.aborted) throw error;
    throw new ModelError("timeout", `The server did not ${what} within ${ms / 1000} s.`, "It may be busy.");
  }
}

/** As an earlier self-test or the settings say. */
function knownFim({ fim, fimTemplate }: ServerSettings, model: string): FimOptions | undefined {
  const way = fim === undefined ? undefined : fimWayOf(fim);
  if (way) return fimOptionsOf(way);
  if (fimTemplate === "suffix") return fimOptionsOf({ dialect: "openai-suffix" });
  const family = fimTemplate === undefined ? undefined : findFimFamily(fimTemplate, model);
  return family && fimOptionsOf({ dialect: "template", family: family.id });
}

function provenFim(
  url: string,
  model: string,
  options: Pick<ProbeOptions, "fetch" | "apiKey" | "clock" | "log">,
  replaced: AbortSignal,
): Promise<FimOptions> {
  const probe = { ...options, withinMs: listWithinMs, families: fimFamilies, onStep: () => {} };
  const ask = (signal: AbortSignal) => provenFimOptions(url, model, probe, signal);
  return within(proveWithinMs, "show how its model fills in the middle", ask, replaced);
}

export interface StandIn {
  readonly make: MakeClient | undefined;
  /** Of its model. */
  readonly name: string | undefined;
  readonly onRoute: ResilientOptions["onRoute"];
}

/**
 * The server's client with a circuit breaker, a deadline, and what answers while the server does not. What the user wants
 * no model of the server for never reaches it.
 */
export function resilientClient(
  server: ServerSettings,
  keys: ServerKeys,
  { make, name, onRoute }: StandIn,
  parts: ClientParts,
): MakeClient {
  return async (replaced) => {
    const fallback = make && lazy(make);
    const asked = lazy(serverClient(server, keys, parts));
    replaced.addEventListener("abort", () => asked.dispose(), { once: true });
    const client = new ResilientClient({
      ...parts,
      server: asked,
      fallback,
      fallbackName: name,
      deadlineMs,
      endWithinMs,
      hedgeMs,
      // An answer that was under way then says nothing of what is asked now.
      onRoute: (route, isSlow) => {
        if (!replaced.aborted) onRoute(route, isSlow);
      },
    });
    const answering = (model: string | undefined, what: string): ModelClient =>
      model === noModel ? (fallback ?? lazy(() => Promise.reject(declined(what)))) : client;
    return new PartedClient(
      answering(server.completionModel, "suggestions"),
      answering(server.chatModel, "chat"),
    );
  };
}

function declined(what: string): ModelError {
  return new ModelError(
    "no-model",
    `The server's profile has no model for ${what}, and none on this machine may answer in its place.`,
    "Run “Wisp: Connect to a Server…” and choose one.",
  );
}

/** Made when the first request needs it, and again after that has failed. */
function lazy(make: MakeClient): Backend {
  const client = new Backend();
  client.use(make);
  return client;
}
