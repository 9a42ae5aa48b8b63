import type { ServerKeys } from "../secrets.ts";
import type { ServerProfiles } from "./serverProfiles.ts";

export interface ForgetParts {
  readonly profiles: Pick<ServerProfiles, "all" | "remove" | "bareUrl">;
  readonly keys: Pick<ServerKeys, "get" | "set">;
  /** Whether the user agrees. */
  readonly confirm: (question: string, detail: string) => Promise<boolean>;
}

/** Asks first; the server's key goes with the last profile or setting that needs it. */
export async function forgetProfile(name: string, { profiles, keys, confirm }: ForgetParts): Promise<void> {
  const profile = profiles.all.find((known) => known.name === name);
  if (!profile) return;
  const { origin } = new URL(profile.url);
  const others = profiles.all.filter((other) => other !== profile).map(({ url }) => url);
  const isNeeded = [...others, profiles.bareUrl].some((url) => url && URL.parse(url)?.origin === origin);
  const losesKey = !isNeeded && (await keys.get(profile.url)) !== undefined;
  const detail = losesKey ? `The key for ${origin} is removed too.` : "";
  if (!(await confirm(`Forget the server profile “${name}”?`, detail))) return;
  await profiles.remove(name);
  if (losesKey) await keys.set(profile.url, "");
}
