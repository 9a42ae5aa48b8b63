import { withoutSecrets } from "./endpoint.ts";
import { ModelStoreError } from "./modelStoreError.ts";

/** A failure that may pass when tried again. */
export class BrokenConnection extends Error {
  /** Wait that the server asked for. */
  readonly retryAfterMs: number | undefined;
  readonly #status: number | undefined;

  constructor(
    message: string,
    detail: {
      readonly status?: number;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: detail.cause });
    this.name = "BrokenConnection";
    this.#status = detail.status;
    this.retryAfterMs = detail.retryAfterMs;
  }

  /** What the user is told when it did not pass. */
  final(url: string, tries: number): ModelStoreError {
    const from = withoutSecrets(url);
    const times = tries === 1 ? "" : ` (tried ${tries} times)`;
    if (this.#status !== undefined) {
      return new ModelStoreError(
        "http-status",
        `${this.message} for ${from}${times}.`,
        "Try again later; what has arrived is kept.",
        this,
      );
    }
    return new ModelStoreError(
      "offline",
      `The file could not be downloaded from ${from}: ${this.message}${times}.`,
      "Check the network and the proxy settings, or name a mirror of the hub as the endpoint; what has arrived is kept.",
      this,
    );
  }
}

/** An answer that is not the file: worth another try, or final. */
export function refusal(
  status: number,
  url: string,
  retryAfterMs: number | undefined,
): BrokenConnection | ModelStoreError {
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const what = status === 429 ? "The server is asked too often" : "The server is not well";
    return new BrokenConnection(`${what} (status ${status})`, { status, retryAfterMs });
  }
  const hint =
    status === 401 || status === 403
      ? "The server wants a login or does not serve this network; use another endpoint."
      : status === 407
        ? "The proxy wants a login: check the proxy settings."
        : "Check the endpoint: a mirror must serve the hub's paths.";
  return new ModelStoreError("http-status", `${withoutSecrets(url)} answered with status ${status}.`, hint);
}

export function sizeMismatch(wanted: number, offered: number): ModelStoreError {
  return new ModelStoreError(
    "size-mismatch",
    `The server offers a file of ${offered} bytes or more where the wanted one has ${wanted}.`,
    "Check the endpoint: it serves another file under its name.",
  );
}

const longestRetryAfterMs = 120_000;

/** Reads a `Retry-After` header (seconds or a date); never longer than two minutes. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.min(longestRetryAfterMs, Math.max(0, ms)) : undefined;
}
