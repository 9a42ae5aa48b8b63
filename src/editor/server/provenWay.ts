import { ModelError } from "../../model/modelErrors.ts";
import type { OpenAiClientOptions } from "../../model/openAiClient.ts";
import type { ProbeOptions } from "../../model/probeRequests.ts";
import { identifyServer, type ServerIdentity } from "../../model/serverIdentity.ts";
import { otherServer } from "../../model/serverKinds.ts";
import { checkCompletion, refusalText } from "../../model/serverProbe.ts";
import { type FimWay, fimWayText } from "../../model/serverProfile.ts";
import { commented, fimFamilies, fimPrompt } from "../../prompt/fimTemplate.ts";

/** What a client needs to know to ask for completions. */
export type FimOptions = Pick<OpenAiClientOptions, "dialect" | "renderFim" | "renderContext"> &
  Partial<Pick<OpenAiClientOptions, "baseUrl">>;

/**
 * For a server that was set by hand: tries how its model fills in the middle, because a model's name proves nothing.
 * A model that cannot is refused with each completion and chats all the same.
 * @throws {ModelError} when the server cannot be asked now, or breaks while it is tried: nothing is proven then.
 */
export async function provenFimOptions(
  url: string,
  model: string,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<FimOptions> {
  const server = await identified(url, options, signal);
  const check = await checkCompletion(server, model, options, signal);
  if (check.way) {
    options.log.info(`${model} at ${new URL(url).host} fills in the middle by ${fimWayText(check.way)}.`);
    // It is asked where it was tried, which is below the address when that was set without its version.
    return { ...fimOptionsOf(check.way), baseUrl: server.baseUrl };
  }
  if (check.failure) throw check.failure;
  const refusal = refusalText(check);
  options.log.warn(refusal);
  const renderFim = (): never => {
    throw new ModelError(
      "no-fim",
      refusal,
      "Choose another model for suggestions with “Wisp: Connect to a Server…”.",
    );
  };
  return { dialect: "template", renderFim };
}

export function fimOptionsOf({ dialect, family: id }: FimWay): FimOptions {
  const family = fimFamilies.find((known) => known.id === id);
  return {
    dialect,
    renderContext: commented,
    ...(family && { renderFim: (request) => fimPrompt(family, request) }),
  };
}

/** A gateway that lists no models may still answer. */
async function identified(url: string, options: ProbeOptions, signal: AbortSignal): Promise<ServerIdentity> {
  try {
    return await identifyServer(url, options, signal);
  } catch (error) {
    if (!(error instanceof ModelError) || error.code !== "bad-response") throw error;
    return { kind: otherServer, baseUrl: url, models: [] };
  }
}
