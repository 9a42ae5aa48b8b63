import type { MayShare } from "../context/contextProvider.ts";
import { isSecretFile } from "../context/secretFiles.ts";
import type { CompletionParts } from "./completionParts.ts";
import type { CompletionSettings } from "./completionSettings.ts";
import { type FileGates, placesOf } from "./fileGates.ts";

/** What of other files may enter a prompt; what version control has not answered for yet may not. */
export function sharingRule(
  files: FileGates,
  settings: CompletionSettings,
  isIgnored: CompletionParts["isIgnored"],
): MayShare {
  return (path, uri) => {
    const places = placesOf(path, uri);
    if (places.some((place) => isSecretFile(place) || files.isExcluded(place, settings.excludeGlobs)))
      return false;
    if (uri === undefined || !settings.respectGitignore) return true;
    const ignored = isIgnored(path, uri);
    return typeof ignored === "boolean" && !ignored;
  };
}
