import type { ChatCheck, CompletionCheck } from "../../model/serverProbe.ts";
import { fimWayText, noModel, type ServerProfile } from "../../model/serverProfile.ts";

/** What Connect has found and the user has chosen; a model that was declined is kept as such. */
export function profileOf(
  name: string,
  url: string,
  completion: Pick<CompletionCheck, "model" | "way"> | undefined,
  chat: Pick<ChatCheck, "model"> | undefined,
): ServerProfile {
  return {
    name,
    url,
    ...(completion?.way
      ? { completionModel: completion.model, fim: fimWayText(completion.way) }
      : { completionModel: noModel }),
    chatModel: chat?.model ?? noModel,
  };
}

/** The models of a profile, for a list. */
export function modelsText({ completionModel, chatModel }: ServerProfile): string {
  const named = [completionModel, chatModel].filter((model) => model !== undefined && model !== noModel);
  const models = [...new Set(named)].join(", ");
  if (completionModel === noModel) return `${models} (chat only)`.trimStart();
  return chatModel === noModel ? `${models} (suggestions only)`.trimStart() : models;
}

/** The name of the profile that has this address, else `wanted`, numbered where another profile has it. */
export function proposedName(
  wanted: string,
  serverUrl: string,
  profiles: readonly Pick<ServerProfile, "name" | "url">[],
): string {
  const same = profiles.find(({ url }) => url === serverUrl);
  if (same) return same.name;
  const names = new Set(profiles.map(({ name }) => name));
  let name = wanted;
  for (let number = 2; names.has(name); number++) name = `${wanted} ${number}`;
  return name;
}
