import * as vscode from "vscode";
import { FileGates } from "../completion/fileGates.ts";
import { isSecretFile } from "../context/secretFiles.ts";
import type { IgnoredFiles } from "./ignoredFiles.ts";
import type { RealPath } from "./linkTarget.ts";
import { realFile, shownFile } from "./realFile.ts";
import type { Settings } from "./settings.ts";

/**
 * Whether a file's text may enter a prompt of the chat or of an assist command. A document that shows a version of a file
 * is judged as that file, and a link also as what it leads to.
 */
export function filePolicy(
  settings: Settings,
  ignored: IgnoredFiles,
  realPath?: RealPath,
): (uri: vscode.Uri) => Promise<boolean> {
  const gates = new FileGates();
  const isUsable = async (uri: vscode.Uri): Promise<boolean> => {
    const path = vscode.workspace.asRelativePath(uri);
    if (isSecretFile(path)) return false;
    const { excludeGlobs, respectGitignore } = settings.completion({ uri: uri.toString(), languageId: "" });
    if (gates.isExcluded(path, excludeGlobs)) return false;
    return !(respectGitignore && (await ignored.isIgnored(uri.toString())));
  };
  return async (uri) => {
    const shown = shownFile(uri);
    if (!(await isUsable(shown))) return false;
    const real = await realFile(uri, realPath);
    return real !== undefined && (real.toString() === shown.toString() || isUsable(real));
  };
}
