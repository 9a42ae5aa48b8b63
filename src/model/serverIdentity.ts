import { isRecord } from "./completionEvents.ts";
import { serverRoot } from "./dialects.ts";
import { ModelError } from "./modelErrors.ts";
import { type GetOptions, type GotJson, getJson } from "./serverGet.ts";
import { otherServer, type ServerKind, serverKinds, serviceKind } from "./serverKinds.ts";

export interface ServerModel {
  readonly id: string;
  /** Whether the server says that it is in memory; undefined where it does not tell. */
  readonly loaded?: boolean;
}

export interface ServerIdentity {
  readonly kind: ServerKind;
  readonly version?: string;
  /** The address at which the OpenAI protocol is spoken. */
  readonly baseUrl: string;
  /** Empty where the server lists none; embedding models are left out where it says so. */
  readonly models: readonly ServerModel[];
}

/**
 * Finds out what answers at `address` (with or without `/v1`), and which models it lists.
 * @throws {ModelError} `unreachable`, `unauthorized`, `timeout`, or `bad-response` when it is no model server.
 */
export async function identifyServer(
  address: string,
  options: GetOptions,
  signal: AbortSignal,
): Promise<ServerIdentity> {
  const url = serverAddress(address);
  const hosted = serviceKind(url);
  const { baseUrl, entries } = await findModels(url, hosted !== undefined, options, signal);
  const owners = entries.flatMap((entry) => (isRecord(entry) ? [String(entry["owned_by"])] : []));
  const found = hosted ? { kind: hosted } : await recognise(serverRoot(baseUrl), owners, options, signal);
  const states = found.kind.id === "lm-studio" && isRecord(found.body) ? found.body["data"] : undefined;
  return {
    kind: found.kind,
    ...(found.version !== undefined && { version: found.version }),
    baseUrl,
    models: modelsOf(Array.isArray(states) ? states : entries),
  };
}

/** Where requests go, as documentation names it; what stands in front of it is the address. */
const requestPath = /(?<!\/)\/((chat\/|fim\/)?completions|models)$/;

/** A complete address of what a person typed. */
export function serverAddress(typed: string): string {
  const text = typed.trim().replace(/\/+$/, "").replace(requestPath, "");
  const url = text.includes("://") ? text : `http://${text}`;
  const parsed = URL.parse(url);
  const isPlain = parsed && !parsed.username && !parsed.password && !parsed.search && !parsed.hash;
  if (isPlain && /^https?:$/.test(parsed.protocol)) return url;
  throw new ModelError(
    "unreachable",
    "This is not the address of a server.",
    "An address looks like http://127.0.0.1:8080 or https://models.example.com/v1; a key is asked for apart.",
  );
}

async function findModels(
  url: string,
  hosted: boolean,
  options: GetOptions,
  signal: AbortSignal,
): Promise<{ baseUrl: string; entries: readonly unknown[] }> {
  const hasVersion = /\/v\d\w*(\/|$)/.test(url);
  const places = hasVersion ? [url] : [`${serverRoot(url)}/v1`, url];
  let last: GotJson | undefined;
  let failure: ModelError | undefined;
  for (const baseUrl of places) {
    last = await getJson(`${baseUrl}/models`, options, signal);
    if (last.status === 401 || last.status === 403) throw wantsKey(baseUrl);
    failure ??= last.failure;
    const data = isRecord(last.body) ? last.body["data"] : undefined;
    if (last.status === 200 && Array.isArray(data)) return { baseUrl, entries: data };
  }
  if (hosted && places[0]) return { baseUrl: places[0], entries: [] };
  if (failure) throw failure;
  throw new ModelError(
    "bad-response",
    `${new URL(url).host} answers, but does not list models the OpenAI way (status ${last?.status}).`,
    "Check the address: it is the one that ends in /v1 for OpenAI-compatible servers.",
  );
}

interface Recognised {
  readonly kind: ServerKind;
  readonly version?: string;
  readonly body?: unknown;
}

async function recognise(
  root: string,
  owners: readonly string[],
  options: GetOptions,
  signal: AbortSignal,
): Promise<Recognised> {
  const asked = serverKinds.map(async (kind): Promise<Recognised | undefined> => {
    if (!kind.sign) return undefined;
    const { status, body } = await shown(root + kind.sign.path, options, signal);
    if (status !== 200 || !isRecord(body) || !kind.sign.isIt(body, owners)) return undefined;
    const version = kind.sign.version?.(body);
    return { kind, ...(typeof version === "string" && { version }), body };
  });
  const answers = await Promise.all(asked);
  return answers.find((answer) => answer !== undefined) ?? { kind: otherServer };
}

/** A gateway may let paths that it does not know hang, or reset them: what is looked for is not there. */
async function shown(url: string, options: GetOptions, signal: AbortSignal): Promise<GotJson> {
  try {
    return await getJson(url, options, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ModelError)) throw error;
    return { status: 0, body: undefined };
  }
}

function modelsOf(entries: readonly unknown[]): ServerModel[] {
  return entries.flatMap((entry) => {
    if (!isRecord(entry) || typeof entry["id"] !== "string") return [];
    if (entry["type"] === "embeddings") return [];
    const { id, state } = entry;
    return [{ id, ...(typeof state === "string" && { loaded: state === "loaded" }) }];
  });
}

function wantsKey(baseUrl: string): ModelError {
  return new ModelError(
    "unauthorized",
    `The server at ${new URL(baseUrl).origin} wants a key, or another one.`,
    "Enter its key; it is kept for this server only.",
  );
}
