import { isRecord } from "./completionEvents.ts";
import type { Chunks, Connection } from "./connection.ts";
import type { Body } from "./dialects.ts";
import type { EngineAnswer } from "./engineAnswer.ts";
import type { AskEngine, EngineRequest } from "./engineChannel.ts";
import { badResponse } from "./engineErrors.ts";
import type { ModelError } from "./modelErrors.ts";
import { Refusal, refused } from "./serverRefusal.ts";

const origin = "http://engine.invalid";
/** Stands in for the engine's address in URLs; nothing resolves or connects to it. */
export const engineBaseUrl = `${origin}/v1`;

/**
 * Requests to the engine in the words of the OpenAI protocol, without HTTP: beside the editor every key has some, and
 * the SDK's way through `fetch`, `Response` and web streams takes several times as long.
 */
export class EngineConnection implements Connection {
  readonly #ask: AskEngine;

  constructor(ask: AskEngine) {
    this.#ask = ask;
  }

  get(path: string, model: string, signal: AbortSignal): Promise<unknown> {
    return this.#whole({ method: "GET", path: pathOf(path) }, model, signal);
  }

  post(url: string, body: Body, model: string, signal: AbortSignal): Promise<unknown> {
    return this.#whole(posting(url, body), model, signal);
  }

  async open(url: string, body: Body, _form: unknown, model: string, signal: AbortSignal): Promise<Chunks> {
    return chunksOf(await this.#accepted(posting(url, body), model, signal), model);
  }

  async #whole(request: EngineRequest, model: string, signal: AbortSignal): Promise<unknown> {
    const answer = await this.#accepted(request, model, signal);
    return parsed(await answer.text(), model);
  }

  async #accepted(request: EngineRequest, model: string, signal: AbortSignal): Promise<EngineAnswer> {
    const answer = await this.#ask(request, signal);
    if (answer.status < 400) return answer;
    throw refusal(answer.status, errorIn(await answer.text()), model);
  }
}

function posting(url: string, body: Body): EngineRequest {
  return { method: "POST", path: pathOf(url), body: JSON.stringify(body) };
}

/** What is no URL is a path below the base. */
function pathOf(url: string): string {
  return url.startsWith(origin) ? url.slice(origin.length) : `/v1${url}`;
}

/** The data of server-sent events, of which the engine's have one line each (engine/answerResponse.ts). */
async function* chunksOf(answer: EngineAnswer, model: string): Chunks {
  let rest = "";
  for await (const piece of answer) {
    const events = (rest + piece).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      const data = event.slice("data: ".length);
      // Who left here would withdraw a request whose end is under way.
      if (data === "[DONE]") continue;
      const chunk = parsed(data, model);
      if (isRecord(chunk) && chunk["error"]) throw refusal(undefined, chunk["error"], model);
      yield chunk;
    }
  }
}

function parsed(text: string, model: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badResponse(`What the engine answered for ${model} is not the JSON that was asked for.`, error);
  }
}

/** What a body says of a refusal: its field `error`, or all of it. */
function errorIn(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    return isRecord(body) ? (body["error"] ?? body["message"] ?? text) : text;
  } catch {
    return text;
  }
}

function refusal(status: number | undefined, said: unknown, model: string): ModelError {
  const error = isRecord(said) ? said : { message: String(said) || "no reason was given" };
  return refused(new Refusal({ status, error }), { server: "The engine", model, url: engineBaseUrl });
}
