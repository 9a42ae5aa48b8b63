import type { EngineErrorCode } from "./protocol.ts";

const statuses: Readonly<Record<EngineErrorCode, number>> = {
  "bad-model-file": 422,
  "bad-adapter": 422,
  "no-model": 404,
  "out-of-memory": 507,
  "no-fim": 422,
  "context-overflow": 400,
  superseded: 409,
  "invalid-request": 400,
  unauthorized: 401,
  internal: 500,
};

/** A failure that a caller of the engine sees as `{error: {message, type, code}}` with {@link status}. */
export class ApiError extends Error {
  readonly code: EngineErrorCode;
  readonly status: number;

  constructor(code: EngineErrorCode, message: string, status: number = statuses[code]) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
  }

  get body(): { readonly error: { message: string; type: string; code: EngineErrorCode } } {
    const type = this.status >= 500 ? "server_error" : "invalid_request_error";
    return { error: { message: this.message, type, code: this.code } };
  }
}

/** Anything thrown, as an {@link ApiError}; what is not one is an `internal` failure. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError("internal", `The engine failed: ${error instanceof Error ? error.message : error}`);
}

export function invalid(message: string): ApiError {
  return new ApiError("invalid-request", message);
}
