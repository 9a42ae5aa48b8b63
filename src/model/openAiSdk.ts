import { APIConnectionError, APIError, OpenAI } from "openai";
import { Stream } from "openai/streaming";
import type { Fetch } from "./httpCall.ts";

/** A refusal as the SDK tells it, which may still quote the key. */
export interface SdkRefusal {
  /** Undefined where it came in the middle of an answer. */
  readonly status: number | undefined;
  /** All of the answer; in the middle of one, its field `error`. */
  readonly body: unknown;
  /** The answer as text where it is not JSON. */
  readonly text: string;
  /** Header `retry-after`. */
  readonly retryAfter: string | undefined;
}

/** The SDK's own timer is set out of the way: `HttpCall` keeps time. */
const timeout = 2 ** 31 - 1;

/**
 * OpenAI's SDK as far as Wisp uses it. It is large and of no use beside the engine, so the desktop's build has this
 * file as a bundle of its own, which is read when a server is asked. What it imports of ours would be there twice, and
 * a class that is there twice fails `instanceof`: it imports types only.
 */
export class SdkClient extends OpenAI {
  constructor(baseURL: string, fetch: Fetch) {
    super({
      baseURL,
      // The call adds the real key; a value here keeps the SDK from taking one out of the environment.
      apiKey: "unused",
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      fetch,
      maxRetries: 0,
      timeout,
      logLevel: "off",
      // The SDK refuses to run where it sees a browser's globals; the editor's host may have some.
      dangerouslyAllowBrowser: true,
    });
  }

  /** Leaves reading the body to {@link refusalIn}'s caller: not every server wraps its errors as OpenAI does. */
  protected override makeStatusError(
    status: number,
    body: object,
    message: string | undefined,
    headers: Headers,
  ): APIError {
    return APIError.generate(status, { error: body }, message, headers);
  }

  /** The values of a stream of server-sent events; `ended` aborts when the reader leaves. */
  events(response: Response, ended: AbortController): AsyncIterable<unknown> {
    return Stream.fromSSEResponse(response, ended, this);
  }

  /** The same of a stream with one value a line. */
  lines(body: ReadableStream, ended: AbortController): AsyncIterable<unknown> {
    return Stream.fromReadableStream(body, ended, this);
  }

  /** The server's refusal behind what the SDK has thrown; undefined for failures on the way. */
  refusalIn(error: unknown): SdkRefusal | undefined {
    if (!(error instanceof APIError) || error instanceof APIConnectionError) return undefined;
    const { status, error: body, message, headers } = error;
    return {
      status,
      body,
      text: message.replace(/^\d{3} /, ""),
      retryAfter: headers?.get("retry-after") ?? undefined,
    };
  }
}
