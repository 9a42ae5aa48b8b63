import picomatch from "picomatch";
import { isSecretFile } from "../context/secretFiles.ts";
import type { CompletionSettings } from "./completionSettings.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";
import type { SilentReason } from "./outcome.ts";

const mostCharacters = 1_000_000;
const longestLine = 2_000;
const longestMeanLine = 400;
const schemesWithoutCode = new Set([
  "output",
  "git",
  "search-editor",
  "vscode-scm",
  "vscode-settings",
  "vscode-interactive-input",
  "comment",
  "debug",
  "chat-editing-text-model",
  "vscode-chat-code-block",
]);

type Match = (path: string) => boolean;
const options = { dot: true, nocase: true };

/** What the file itself says against a suggestion; an explicit trigger does not override any of it. */
export class FileGates {
  #globs: readonly string[] = [];
  #excluded: Match = () => false;

  reason(document: DocumentSnapshot, settings: CompletionSettings): SilentReason | undefined {
    if (!settings.enabled) return "off";
    const { enableByLanguage } = settings;
    if (!(enableByLanguage[document.languageId] ?? enableByLanguage["*"] ?? true)) return "language-off";
    if (schemesWithoutCode.has(document.uri.slice(0, document.uri.indexOf(":")))) return "unsupported-scheme";
    const places = placesOf(document.path, document.uri);
    if (places.some(isSecretFile)) return "secret-file";
    if (places.some((path) => this.isExcluded(path, settings.excludeGlobs))) return "excluded-file";
    if (document.length > mostCharacters) return "file-too-large";
    if (isMinified(document)) return "minified";
    return undefined;
  }

  isExcluded(path: string, globs: readonly string[]): boolean {
    if (globs !== this.#globs) {
      this.#globs = globs;
      this.#excluded = globs.length === 0 ? () => false : picomatch([...globs], options);
    }
    return this.#excluded(path);
  }
}

/**
 * Under which paths a file is looked at. One that lies in no folder of the workspace has only its name, and what its
 * folders are called (.ssh, .aws) tells as much.
 */
export function placesOf(path: string, uri: string | undefined): readonly string[] {
  const place = uri === undefined ? null : URL.parse(uri);
  if (path.includes("/") || !place) return [path];
  return [path, decoded(place.pathname).replace(/^\/+/, "")];
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    // A per cent sign that was never encoded.
    if (error instanceof URIError) return path;
    throw error;
  }
}

function isMinified({ prefix, suffix, length, lineCount }: DocumentSnapshot): boolean {
  const lineStart = prefix.lastIndexOf("\n") + 1;
  const lineEnd = suffix.indexOf("\n");
  const line = prefix.length - lineStart + (lineEnd < 0 ? suffix.length : lineEnd);
  return line > longestLine || (length > 5_000 && length / lineCount > longestMeanLine);
}
