import { posix, win32 } from "node:path";

export interface DirectoryContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

/**
 * The one folder per user in which all windows and the command line keep models. Relative paths in variables
 * are not used, as the XDG base directory specification demands.
 */
export function modelDirectory({ env, platform, home }: DirectoryContext): string {
  const { isAbsolute, join, normalize } = platform === "win32" ? win32 : posix;
  const absolute = (name: string): string | undefined => {
    const value = env[name];
    return value && isAbsolute(value) ? value : undefined;
  };
  const named = absolute("WISP_MODELS_DIR");
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
