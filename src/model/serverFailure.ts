import type { EngineErrorCode } from "../engine/protocol.ts";
import { ModelError, type ModelErrorCode } from "./modelErrors.ts";
import { systemCode } from "./modelStoreError.ts";

/** What is known about a request that failed, whichever way. */
export interface ServerFailure {
  readonly status?: number | undefined;
  /** `error.code`, `error.type` and `error.message` of the body. */
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  readonly message: string;
  /** The answer came and is not in the form in which it should be. */
  readonly isUnreadable?: boolean;
  /** Header `retry-after`. */
  readonly retryAfter?: string | undefined;
  readonly cause?: unknown;
}

/** Where it happened, for the text. */
export interface FailurePlace {
  readonly server: string;
  readonly model: string;
  readonly url: string;
}

type PassedCode = Extract<EngineErrorCode, ModelErrorCode>;
const engineHints: Readonly<Record<PassedCode, string>> = {
  "bad-model-file": "Choose another model, or remove this one and download it again.",
  "bad-adapter": "Run “Wisp: Use Adapter…” and choose another one, or none.",
  "no-model": "Run “Wisp: Choose Model…”.",
  "out-of-memory": "Choose a smaller model or a smaller context, or close other programs.",
  "no-fim": "Choose a model that can fill in the middle for completion; this one still chats.",
  "context-overflow": "Ask about less code at once, or raise the context size.",
  unauthorized: "Enter the server's key again.",
};

/** Took too long to come, too early: such refusals are not about what was asked. */
const passing = new Set([408, 425]);
const notImplemented = 501;

/** Translates a failure into the error that the user sees; the server's own words stay in the message, cut short. */
export function modelError(failure: ServerFailure, { server, model, url }: FailurePlace): ModelError {
  const { status, code, type, message, retryAfter, cause } = failure;
  const said = textOf(message).replace(/\s+/g, " ").slice(0, 300);
  const error = (modelCode: ModelErrorCode, text: string, hint: string): ModelError =>
    new ModelError(modelCode, text, hint, cause);
  if (failure.isUnreadable)
    return error(
      "bad-response",
      `What ${server} answered is not the JSON that was asked for.`,
      "Check that the address belongs to an OpenAI-compatible server.",
    );
  if (code !== undefined && Object.hasOwn(engineHints, code))
    return error(code as PassedCode, said, engineHints[code as PassedCode]);
  if (
    code === "context_length_exceeded" ||
    type === "exceed_context_size_error" ||
    /maximum context|context (length|size|window)/i.test(message)
  )
    return error("context-overflow", said, engineHints["context-overflow"]);
  if (status === 401 || status === 403)
    return error("unauthorized", `${server} refused the key: ${said}`, engineHints.unauthorized);
  if (status === 404 || code === "model_not_found")
    return error(
      "model-not-found",
      `${server} does not have the model ${model}, or not this way of asking: ${said}`,
      "Choose one of the models that the server lists, and check that the address ends in /v1.",
    );
  if (status === 429) {
    const wait = retryAfterMs(retryAfter);
    return error(
      "rate-limited",
      `${server} asks for fewer requests: ${said}`,
      wait === undefined ? "Try again in a moment." : `Try again in ${Math.ceil(wait / 1000)} s.`,
    );
  }
  if (status !== undefined && (passing.has(status) || (status >= 500 && status !== notImplemented)))
    return error("server-error", `${server} failed: ${said}`, "Try again; the server's own log says more.");
  if (status !== undefined)
    return error("refused", `${server} refused the request: ${said}`, "See Wisp's log.");
  if (code !== undefined || type !== undefined)
    return error("bad-response", `${server} refused the request: ${said}`, "See Wisp's log.");
  return unreachable(error, { server, url }, said, cause);
}

/** Gateways say what is wrong as a web page. */
function textOf(message: string): string {
  if (!/^\s*<(!doctype|html|head|body|h\d)\b/i.test(message)) return message;
  const title = /<(title|h1)\b[^>]*>([^<]+)</i.exec(message)?.[2]?.trim();
  return title || "a web page";
}

function unreachable(
  error: (code: ModelErrorCode, text: string, hint: string) => ModelError,
  { server, url }: Omit<FailurePlace, "model">,
  said: string,
  cause: unknown,
): ModelError {
  const code = systemCode(cause);
  if (code?.includes("CERT") || code?.includes("SELF_SIGNED") || code?.startsWith("UNABLE_TO"))
    return error(
      "unreachable",
      `The certificate of ${server} is not trusted (${code}).`,
      "Install the issuer's certificate on this machine, or renew the server's.",
    );
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT" || code === "ETIMEDOUT")
    return error("timeout", `${server} took too long.`, "Try again; the server may be busy.");
  // What the browsers' own fetch says, whatever went wrong.
  if (/failed to fetch|load failed|networkerror/i.test(cause instanceof Error ? cause.message : said))
    return error("unreachable", `No connection to ${server}.`, browserHint(new URL(url)));
  return error(
    "unreachable",
    code ? `No connection to ${server} (${code}).` : `No connection to ${server}: ${said}`,
    "Check that the server runs and that its address in the settings is right.",
  );
}

/** A browser does not tell why; what VS Code's page forbids by itself (`connect-src`) is certain all the same. */
function browserHint({ protocol, hostname }: URL): string {
  if (protocol === "http:" && !/^(localhost|127\.0\.0\.1)$/.test(hostname))
    return "VS Code in a browser asks plain http on localhost and 127.0.0.1 only: give the server an https address.";
  const { origin } = globalThis as { readonly origin?: unknown };
  const pages = typeof origin === "string" ? `pages of ${origin}` : "web pages";
  return `Check that it runs, and that it lets ${pages} ask it (CORS); the browser does not tell which of the two it is.`;
}

/** Milliseconds of a `retry-after` header in seconds or as a date; undefined when there is none. */
export function retryAfterMs(header: string | undefined, nowMs = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  if (header.trim() !== "" && Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
