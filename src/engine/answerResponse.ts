import type { AnswerEvent } from "./answer.ts";
import type { AnswerBodies } from "./answerBodies.ts";
import type { TextToken } from "./answerText.ts";
import { apiErrorOf } from "./apiError.ts";
import type { AnswerRequest } from "./requests.ts";

type Deliver = (event: AnswerEvent, bodies: AnswerBodies) => void;
type Work = (signal: AbortSignal, deliver: Deliver) => Promise<void>;

/**
 * Runs `work` and answers with one body, or with server-sent events. A stream's head waits for its first event,
 * so that a failure before it has its own status; a later failure is an event `{error}` that ends the stream.
 * A client that leaves aborts the work.
 */
export function respond(signal: AbortSignal, request: AnswerRequest, work: Work): Promise<Response> {
  return request.stream ? streamed(signal, request, work) : whole(signal, work);
}

async function whole(signal: AbortSignal, work: Work): Promise<Response> {
  const alternatives: { tokens: TextToken[]; reason: "stop" | "length" }[] = [];
  let body: object = {};
  await work(signal, (event, bodies) => {
    if (event.type === "done") {
      body = bodies.whole(alternatives, event);
      return;
    }
    alternatives[event.index] ??= { tokens: [], reason: "length" };
    const alternative = alternatives[event.index];
    if (event.type === "tokens") alternative?.tokens.push(...event.tokens);
    else if (alternative) alternative.reason = event.reason;
  });
  return Response.json(body);
}

function streamed(signal: AbortSignal, request: AnswerRequest, work: Work): Promise<Response> {
  const left = new AbortController();
  const encoder = new TextEncoder();
  return new Promise<Response>((resolve, reject) => {
    let out: ReadableStreamDefaultController<Uint8Array> | undefined;
    const open = (): void => {
      if (out) return;
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          out = controller;
        },
        cancel: () => left.abort(new DOMException("The client left.", "AbortError")),
      });
      const headers = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" };
      resolve(new Response(stream, { headers }));
    };
    const send = (data: string): void => {
      open();
      if (!left.signal.aborted) out?.enqueue(encoder.encode(`data: ${data}\n\n`));
    };
    const finish = (): void => {
      if (!left.signal.aborted) out?.close();
    };
    work(AbortSignal.any([signal, left.signal]), (event, bodies) => {
      if (event.type === "tokens") send(JSON.stringify(bodies.chunk(event.index, event.tokens, null)));
      else if (event.type === "end") send(JSON.stringify(bodies.chunk(event.index, [], event.reason)));
      else if (request.includeUsage) send(JSON.stringify(bodies.usageChunk(event)));
    }).then(
      () => {
        send("[DONE]");
        finish();
      },
      (error: unknown) => {
        if (!out) return reject(error);
        send(JSON.stringify(apiErrorOf(error).body));
        finish();
      },
    );
  });
}
