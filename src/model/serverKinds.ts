import { isRecord } from "./completionEvents.ts";
import type { Dialect } from "./dialects.ts";

export type ServerKindId =
  | "wisp"
  | "llama-server"
  | "ollama"
  | "vllm"
  | "lm-studio"
  | "tgi"
  | "llama-cpp-python"
  | "mistral"
  | "deepseek"
  | "openai"
  | "other";

/** A request that tells a kind of server from the others. */
export interface ServerSign {
  /** From the server's root. */
  readonly path: string;
  /** Whether the answer is that kind's; `owners` are the `owned_by` of its listed models. */
  readonly isIt: (body: Record<string, unknown>, owners: readonly string[]) => boolean;
  readonly version?: (body: Record<string, unknown>) => unknown;
}

export interface ServerKind {
  readonly id: ServerKindId;
  /** For people. */
  readonly name: string;
  /** Where it listens on one's own machine unless told otherwise. */
  readonly ports: readonly number[];
  /** Of a service on the net. */
  readonly host?: RegExp;
  readonly sign?: ServerSign;
  /** Ways of filling in the middle to try, the best first. */
  readonly dialects: readonly Dialect[];
}

const anyWay: readonly Dialect[] = ["infill", "openai-suffix", "template"];

/**
 * Servers and how they are recognised. Sources: llama.cpp tools/server/README.md (`/props`), Ollama docs/api.md
 * (`/api/version`), vLLM's OpenAI-compatible server (`/version`, `owned_by`), LM Studio's REST API (`/api/v0/models`),
 * text-generation-inference's OpenAPI (`/info`), llama-cpp-python's server (`/openapi.json`).
 */
export const serverKinds: readonly ServerKind[] = [
  {
    id: "wisp",
    name: "Wisp's engine",
    ports: [8765],
    sign: {
      path: "/health",
      isIt: (body, owners) => typeof body["requests"] === "number" && owners.includes("wisp"),
    },
    dialects: ["engine"],
  },
  {
    id: "llama-server",
    name: "llama-server",
    ports: [8080, 8012],
    sign: {
      path: "/props",
      isIt: (body) => isRecord(body["default_generation_settings"]) && "total_slots" in body,
      version: (body) => body["build_info"],
    },
    dialects: ["infill", "template"],
  },
  {
    id: "ollama",
    name: "Ollama",
    ports: [11434],
    sign: {
      path: "/api/version",
      isIt: (body) => typeof body["version"] === "string",
      version: (body) => body["version"],
    },
    dialects: ["ollama-raw", "openai-suffix"],
  },
  {
    id: "vllm",
    name: "vLLM",
    ports: [8000],
    sign: {
      path: "/version",
      isIt: (body, owners) => typeof body["version"] === "string" && owners.includes("vllm"),
      version: (body) => body["version"],
    },
    dialects: ["template", "openai-suffix"],
  },
  {
    id: "lm-studio",
    name: "LM Studio",
    ports: [1234],
    sign: { path: "/api/v0/models", isIt: listsStates },
    dialects: ["template", "openai-suffix"],
  },
  {
    id: "tgi",
    name: "Text Generation Inference",
    ports: [3000],
    sign: {
      path: "/info",
      isIt: (body) => typeof body["model_id"] === "string" && "max_total_tokens" in body,
      version: (body) => body["version"],
    },
    dialects: ["template", "openai-suffix"],
  },
  {
    id: "llama-cpp-python",
    name: "llama-cpp-python",
    ports: [8000],
    sign: {
      path: "/openapi.json",
      isIt: ({ info }) => isRecord(info) && /llama\.cpp python/i.test(String(info["title"])),
      version: ({ info }) => (isRecord(info) ? info["version"] : undefined),
    },
    dialects: ["openai-suffix", "template"],
  },
  {
    id: "mistral",
    name: "Mistral",
    ports: [],
    host: /(^|\.)mistral\.ai$/,
    dialects: ["mistral-fim"],
  },
  {
    id: "deepseek",
    name: "DeepSeek",
    ports: [],
    host: /(^|\.)deepseek\.com$/,
    dialects: ["deepseek-fim"],
  },
  {
    id: "openai",
    name: "OpenAI",
    ports: [],
    host: /(^|\.)openai\.com$/,
    dialects: ["openai-suffix"],
  },
];

export const otherServer: ServerKind = {
  id: "other",
  name: "OpenAI-compatible server",
  ports: [],
  dialects: anyWay,
};

export function serverKind(id: ServerKindId): ServerKind {
  return serverKinds.find((kind) => kind.id === id) ?? otherServer;
}

/** The service on the net that answers at `url`; undefined for servers of one's own. */
export function serviceKind(url: string): ServerKind | undefined {
  const { hostname } = new URL(url);
  return serverKinds.find(({ host }) => host?.test(hostname));
}

/** The loopback ports that a scan looks at, each once. */
export const usualPorts: readonly number[] = [...new Set(serverKinds.flatMap(({ ports }) => ports))];

function listsStates({ data }: Record<string, unknown>): boolean {
  return Array.isArray(data) && data.some((model) => isRecord(model) && "state" in model && "type" in model);
}
