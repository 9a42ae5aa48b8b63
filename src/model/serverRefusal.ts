import { isRecord } from "./completionEvents.ts";
import { ModelError } from "./modelErrors.ts";
import { systemCode } from "./modelStoreError.ts";
import { type FailurePlace, modelError, retryAfterMs } from "./serverFailure.ts";

interface Said {
  /** Undefined where it came in the middle of an answer. */
  readonly status: number | undefined;
  /** As {@link errorIn} finds it, without the key. */
  readonly error: unknown;
  /** Stands for `error` where there is none. */
  readonly text?: string;
  /** Header `retry-after`. */
  readonly retryAfter?: string | undefined;
}

/** A refusal in the server's words: the cause of the {@link ModelError} that tells of it. */
export class Refusal {
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly type: string | undefined;
  readonly message: string;
  readonly retryAfter: string | undefined;

  constructor({ status, error, text = "no reason was given", retryAfter }: Said) {
    const { code, type, message }: Record<string, unknown> = isRecord(error) ? error : {};
    const words = message || error || text;
    this.status = status;
    this.code = typeof code === "string" ? code : undefined;
    this.type = typeof type === "string" ? type : undefined;
    this.message = typeof words === "string" ? words : JSON.stringify(words);
    this.retryAfter = retryAfter;
  }
}

/** @param cause what broke on the way, if anything did. */
export function refused(refusal: Refusal, place: FailurePlace, cause?: unknown): ModelError {
  // An error that arrives as an event of a stream has no status of its own.
  const { status = 500 } = refusal;
  return modelError({ ...refusal, status, cause: cause ?? refusal }, place);
}

/** The server's refusal behind an error; undefined for failures on the way. */
export function refusalOf(error: unknown): Refusal | undefined {
  const cause = error instanceof ModelError ? error.cause : undefined;
  return cause instanceof Refusal ? cause : undefined;
}

const brokenConnection = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** How long a failed request should wait for its next try, or undefined where another try makes no sense. */
export function askedWaitMs(error: unknown): number | undefined {
  const refusal = refusalOf(error);
  if (refusal?.status === 429 || refusal?.status === 503) return retryAfterMs(refusal.retryAfter) ?? 0;
  // Gateways name what broke behind them as the platform does.
  const code = refusal?.code ?? systemCode(error);
  return code !== undefined && brokenConnection.has(code) ? 0 : undefined;
}

/** What the body of a refusal says. Not every server wraps it as OpenAI does: FastAPI's comes as `detail`, some bare. */
export function errorIn(body: unknown): unknown {
  if (!isRecord(body)) return body;
  if (isRecord(body["error"])) return body["error"];
  const said = body["error"] ?? body["message"] ?? body["detail"] ?? body;
  const message = typeof said === "string" ? said : (validationText(said) ?? JSON.stringify(said));
  return { ...body, message };
}

/** FastAPI's list of what is wrong with a request, without the request's own text, which it repeats as `input`. */
function validationText(said: unknown): string | undefined {
  if (!Array.isArray(said)) return undefined;
  const problems = said.filter(isRecord).map(({ loc, msg }) => {
    const place = Array.isArray(loc) ? `${loc.join(".")}: ` : "";
    return `${place}${typeof msg === "string" ? msg : "not valid"}`;
  });
  return problems.length > 0 ? problems.join("; ") : undefined;
}
