import type { Body, DialectRow } from "./dialects.ts";

/** Chunks of an answer in the OpenAI shape. Reading throws {@link ModelError}s; after an abort it ends or throws the reason. */
export type Chunks = AsyncIterable<unknown>;

/** How {@link OpenAiClient} reaches who answers. Every failure but an abort comes out as a {@link ModelError}. */
export interface Connection {
  /**
   * Bodies are parsed JSON; `model` is for the messages.
   * @throws {ModelError}, or the signal's reason when it aborts.
   */
  get(path: string, model: string, signal: AbortSignal): Promise<unknown>;
  /** @throws like {@link get}. */
  post(url: string, body: Body, model: string, signal: AbortSignal): Promise<unknown>;
  /** Opens an answer that comes in pieces; the request ends when its reader, once begun, does. Throws like {@link get}. */
  open(
    url: string,
    body: Body,
    form: Pick<DialectRow, "framing" | "chunk">,
    model: string,
    signal: AbortSignal,
  ): Promise<Chunks>;
}
