import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Folders of one editor instance. */
export interface Profile {
  readonly userData: string;
  readonly extensions: string;
  readonly workspace: string;
}

/** Keeps everything quiet that is not Wisp: other completion providers, first-run pages, telemetry, updates. */
export const quietSettings: Readonly<Record<string, unknown>> = {
  "github.copilot.enable": { "*": false },
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "workbench.enableExperiments": false,
  "workbench.tips.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "git.openRepositoryInParentFolders": "never",
  "git.autofetch": false,
  "npm.fetchOnlinePackageInfo": false,
  "typescript.disableAutomaticTypeAcquisition": true,
};

export async function createProfile(
  folder: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Profile> {
  const profile = {
    userData: join(folder, "user-data"),
    extensions: join(folder, "extensions"),
    workspace: join(folder, "workspace"),
  };
  await mkdir(profile.extensions, { recursive: true });
  await mkdir(profile.workspace, { recursive: true });
  await writeSettings(profile, settings);
  return profile;
}

export async function writeSettings(
  profile: Profile,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const user = join(profile.userData, "User");
  await mkdir(user, { recursive: true });
  await writeFile(join(user, "settings.json"), JSON.stringify({ ...quietSettings, ...settings }, null, 2));
}
