import { posix, win32 } from "node:path";
import { ModelStoreError } from "./modelStoreError.ts";

export interface DirectoryContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

/**
 * The one folder per user in which all windows and the command line keep models. Relative paths in variables of the
 * system are not used, as the XDG base directory specification demands.
 * @throws {ModelStoreError} `folder-unusable` for a relative path in WISP_MODELS_DIR, which would be another folder in
 *   each window.
 */
export function modelDirectory({ env, platform, home }: DirectoryContext): string {
  const { isAbsolute, join, normalize } = platform === "win32" ? win32 : posix;
  const absolute = (name: string): string | undefined => {
    const value = env[name];
    return value && isAbsolute(value) ? value : undefined;
  };
  const named = env["WISP_MODELS_DIR"];
  if (named && !isAbsolute(named)) {
    throw new ModelStoreError(
      "folder-unusable",
      `The variable WISP_MODELS_DIR takes an absolute path, not "${named}".`,
      "Write the whole path, or take the variable away to use the usual folder.",
    );
  }
  if (named) return normalize(named);
  switch (platform) {
    case "darwin":
      return join(home, "Library", "Application Support", "wisp", "models");
    case "win32":
      return join(absolute("LOCALAPPDATA") ?? join(home, "AppData", "Local"), "wisp", "models");
    default:
      return join(absolute("XDG_DATA_HOME") ?? join(home, ".local", "share"), "wisp", "models");
  }
}
