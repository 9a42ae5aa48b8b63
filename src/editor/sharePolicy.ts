import picomatch from "picomatch";
import type * as vscode from "vscode";
import { isSecretFile } from "../context/secretFiles.ts";
import { pathOf } from "./documentSnapshot.ts";
import type { IgnoredFiles } from "./ignoredFiles.ts";
import type { MayShare } from "./recentDocuments.ts";
import type { Settings } from "./settings.ts";

/** Matchers by the list that they were made from; settings hand out the same list until they change. */
const matchers = new WeakMap<readonly string[], (path: string) => boolean>();

/** Whether text of a document may enter a prompt of another one; what git has not answered yet may not. */
export function sharePolicy(settings: Settings, ignored: IgnoredFiles): MayShare {
  return (document: vscode.TextDocument) => {
    const uri = document.uri.toString();
    const path = pathOf(document.uri);
    const { excludeGlobs, respectGitignore } = settings.completion({ uri, languageId: document.languageId });
    if (isSecretFile(path) || matcherOf(excludeGlobs)(path)) return false;
    return !respectGitignore || ignored.isIgnored(uri) === false;
  };
}

function matcherOf(globs: readonly string[]): (path: string) => boolean {
  let matcher = matchers.get(globs);
  if (!matcher) {
    matcher = globs.length === 0 ? () => false : picomatch([...globs], { dot: true, nocase: true });
    matchers.set(globs, matcher);
  }
  return matcher;
}
