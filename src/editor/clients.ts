import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { EngineProcess } from "../model/engineProcess.ts";
import { ModelError } from "../model/modelErrors.ts";
import { OpenAiClient } from "../model/openAiClient.ts";
import { commented, fimPrompt, findFimFamily } from "../prompt/fimTemplate.ts";
import type { MakeClient } from "./backend.ts";
import type { ServerKeys } from "./secrets.ts";
import type { MachineSettings } from "./settingValues.ts";

export interface ClientParts {
  readonly clock: Clock;
  readonly log: Log;
}

export function engineClient(engine: EngineProcess, modelId: string, parts: ClientParts): MakeClient {
  const client = new OpenAiClient({
    ...parts,
    baseUrl: engine.baseUrl,
    fetch: engine.fetch,
    apiKey: async () => undefined,
    completionModel: modelId,
    chatModel: modelId,
    dialect: "engine",
  });
  return async () => client;
}

const listWithinMs = 10_000;

/** Asks the server for its models where the settings leave the choice to it. */
export function serverClient(
  { url, completionModel, chatModel, fimTemplate }: MachineSettings["server"],
  keys: ServerKeys,
  parts: ClientParts,
): MakeClient {
  return async () => {
    if (!url) {
      throw new ModelError(
        "unreachable",
        "No server is set.",
        "Set wisp.server.url, or wisp.backend to embedded.",
      );
    }
    const common = {
      ...parts,
      baseUrl: url.replace(/\/+$/, ""),
      fetch: (input: string | URL | Request, init?: RequestInit) => fetch(input, init),
      apiKey: () => keys.get(url),
    };
    const lister = new OpenAiClient({
      ...common,
      dialect: "openai-suffix",
      completionModel: "",
      chatModel: "",
    });
    const listed = completionModel
      ? completionModel
      : (await lister.listModels(AbortSignal.timeout(listWithinMs)))[0];
    if (!listed) {
      throw new ModelError(
        "model-not-found",
        "The server lists no model.",
        "Name one in wisp.server.completionModel.",
      );
    }
    const family = fimTemplate === "suffix" ? undefined : findFimFamily(fimTemplate, listed);
    return new OpenAiClient({
      ...common,
      completionModel: listed,
      chatModel: chatModel ?? listed,
      ...(family
        ? { dialect: "template", renderFim: (request) => fimPrompt(family, request) }
        : { dialect: "openai-suffix", renderContext: commented }),
    });
  };
}
