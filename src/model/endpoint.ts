import type { HubFile } from "./catalogue.ts";
import { ModelStoreError } from "./modelStoreError.ts";

export const defaultEndpoint = "https://huggingface.co";

/**
 * The hub or a mirror of it: the user's setting, else `HF_ENDPOINT`, else the hub itself; without a slash at
 * its end.
 * @throws {ModelStoreError} `bad-endpoint` unless it is https, or http on this machine.
 */
export function hubEndpoint(setting: string | undefined, env: NodeJS.ProcessEnv): string {
  const endpoint = setting?.trim() || env["HF_ENDPOINT"]?.trim() || defaultEndpoint;
  requireSafeUrl(endpoint);
  return endpoint.replace(/\/+$/, "");
}

export function hubUrl(endpoint: string, hub: HubFile): string {
  const parts = [...hub.repo.split("/"), "resolve", hub.revision, ...hub.file.split("/")];
  return `${endpoint}/${parts.map(encodeURIComponent).join("/")}`;
}

/** @throws {ModelStoreError} `bad-endpoint` */
export function requireSafeUrl(url: string): void {
  const { protocol, hostname } = URL.parse(url) ?? { protocol: "", hostname: "" };
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (protocol === "https:" || (protocol === "http:" && loopback)) return;
  throw new ModelStoreError(
    "bad-endpoint",
    `Models are not downloaded from ${withoutSecrets(url)}: the address is not https.`,
    "Name an https address (or http on localhost) as the endpoint.",
  );
}

/** For messages: user, password and query of an address may hold secrets. */
export function withoutSecrets(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.protocol}//${parsed.host}${parsed.pathname}` : "an address that is not a URL";
}
