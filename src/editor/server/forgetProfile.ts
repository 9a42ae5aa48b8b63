import type { ServerKeys } from "../secrets.ts";
import type { ServerProfiles } from "./serverProfiles.ts";

export interface ForgetParts {
  readonly profiles: Pick<ServerProfiles, "all" | "remove">;
  readonly keys: Pick<ServerKeys, "get" | "set">;
  /** Whether the user agrees. */
  readonly confirm: (question: string, detail: string) => Promise<boolean>;
}

/** Asks first; the server's key goes with the last profile that needs it. */
export async function forgetProfile(name: string, { profiles, keys, confirm }: ForgetParts): Promise<void> {
  const profile = profiles.all.find((known) => known.name === name);
  if (!profile) return;
  const { origin } = new URL(profile.url);
  const isNeeded = profiles.all.some((other) => other !== profile && new URL(other.url).origin === origin);
  const losesKey = !isNeeded && (await keys.get(profile.url)) !== undefined;
  const detail = losesKey ? `The key for ${origin} is removed too.` : "";
  if (!(await confirm(`Forget the server profile “${name}”?`, detail))) return;
  await profiles.remove(name);
  if (losesKey) await keys.set(profile.url, "");
}
