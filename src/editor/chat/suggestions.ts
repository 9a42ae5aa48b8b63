import { mentionKinds } from "../../chat/mentions.ts";
import type { SuggestionView } from "../../chat/protocol.ts";
import { type PromptFile, suggestCommands } from "../../chat/slashCommands.ts";
import type { ChatSources } from "./chatSources.ts";

/** What may stand in place of the `/` or `#` word that is being typed. */
export async function suggestionsFor(
  query: string,
  {
    sources,
    promptFiles,
  }: {
    readonly sources: Pick<ChatSources, "suggest">;
    readonly promptFiles: () => Promise<readonly PromptFile[]>;
  },
): Promise<readonly SuggestionView[]> {
  if (query.startsWith("/")) return suggestCommands(query.slice(1), await promptFiles());
  const named = /^#(file|folder|symbol):"?(.*)$/.exec(query);
  if (named) return sources.suggest(named[1] as "file" | "folder" | "symbol", named[2] ?? "");
  return mentionKinds
    .filter((kind) => kind.insert.startsWith(query))
    .map((kind) => ({
      insert: kind.insert.endsWith(":") ? kind.insert : `${kind.insert} `,
      label: kind.insert,
      detail: kind.about,
    }));
}
