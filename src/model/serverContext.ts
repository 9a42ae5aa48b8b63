import { isRecord } from "./completionEvents.ts";
import { serverRoot } from "./dialects.ts";
import { ModelError } from "./modelErrors.ts";
import { type GetOptions, getJson } from "./serverGet.ts";
import { serviceKind } from "./serverKinds.ts";

/** What a server says of itself, as far as it is about a model; undefined where that is nothing. */
type Read = (body: Readonly<Record<string, unknown>>, model: string | undefined) => unknown;

/** Where servers tell what they take, those first that tell what is in force and not what a model could do. */
const places: readonly { readonly at: "base" | "root"; readonly path: string; readonly read: Read }[] = [
  // llama-server: of one of its slots.
  { at: "root", path: "/props", read: ({ default_generation_settings: slot }) => field(slot, "n_ctx") },
  // Wisp's own engine as a server.
  { at: "root", path: "/health", read: ({ context_size }) => context_size },
  // Ollama: of models in memory. What it is asked beyond that it cuts off at the beginning, without a word.
  { at: "root", path: "/api/ps", read: ({ models }, model) => field(named(models, model), "context_length") },
  {
    at: "root",
    path: "/api/v0/models",
    // LM Studio: of models in memory.
    read: ({ data }, model) => field(named(data, model), "loaded_context_length"),
  },
  {
    at: "base",
    path: "/models",
    // vLLM and SGLang, and services that host models.
    read: ({ data }, model) =>
      ["max_model_len", "context_length", "context_window", "max_context_length"]
        .map((key) => field(named(data, model), key))
        .find((value) => value !== undefined),
  },
];

/**
 * How many tokens a server's model takes, prompt and answer together, where the server tells; else undefined.
 * @param model undefined: the first that it lists.
 * @throws the signal's reason when it aborts.
 */
export async function serverContextTokens(
  baseUrl: string,
  model: string | undefined,
  options: GetOptions,
  signal: AbortSignal,
): Promise<number | undefined> {
  const isHosted = serviceKind(baseUrl) !== undefined;
  for (const { at, path, read } of places) {
    // A service on the net is asked in its own documented way only.
    if (isHosted && at !== "base") continue;
    const url = (at === "base" ? baseUrl.replace(/\/+$/, "") : serverRoot(baseUrl)) + path;
    const body = await bodyOf(url, options, signal);
    const tokens = isRecord(body) ? read(body, model) : undefined;
    if (Number.isSafeInteger(tokens) && (tokens as number) > 0) return tokens as number;
  }
  return undefined;
}

/** Gateways let paths that they do not know hang, or reset them: nothing is told there. */
async function bodyOf(url: string, options: GetOptions, signal: AbortSignal): Promise<unknown> {
  try {
    const { status, body } = await getJson(url, options, signal);
    return status === 200 ? body : undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ModelError)) throw error;
    return undefined;
  }
}

function named(models: unknown, model: string | undefined): unknown {
  const all: readonly unknown[] = Array.isArray(models) ? models : [];
  if (model === undefined) return all[0];
  return all.find((one) => ["id", "name", "model"].some((key) => field(one, key) === model));
}

function field(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}
