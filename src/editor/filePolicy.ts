import * as vscode from "vscode";
import { FileGates } from "../completion/fileGates.ts";
import { isSecretFile } from "../context/secretFiles.ts";
import type { IgnoredFiles } from "./ignoredFiles.ts";
import type { Settings } from "./settings.ts";

/** Whether a file's text may enter a prompt of the chat or of an assist command. */
export function filePolicy(settings: Settings, ignored: IgnoredFiles): (uri: vscode.Uri) => Promise<boolean> {
  const gates = new FileGates();
  return async (uri) => {
    const path = vscode.workspace.asRelativePath(uri);
    if (isSecretFile(path)) return false;
    const { excludeGlobs, respectGitignore } = settings.completion({ uri: uri.toString(), languageId: "" });
    if (gates.isExcluded(path, excludeGlobs)) return false;
    return !(respectGitignore && (await ignored.isIgnored(uri.toString())));
  };
}
