import { createHash } from "node:crypto";
import { appendFile, readFile } from "node:fs/promises";
import type {
  CompletionEvent,
  FimRequest,
  ModelClient,
  TokenProbability,
} from "../../src/model/modelClient.ts";

interface Recorded {
  readonly key: string;
  /** Texts of the deltas with their tokens. */
  readonly deltas: readonly { readonly text: string; readonly tokens: readonly TokenProbability[] }[];
  /** The pipeline ended the stream; there may have been more. */
  readonly cut: boolean;
  readonly finish?: CompletionEvent & { type: "done" };
}

const graceMs = 60;

/**
 * Keeps what a model has answered and gives it again to the same request, so that a change of what comes after the
 * model costs no time. Greedy requests only. Times of replayed answers say nothing.
 */
export class RecordedModel implements ModelClient {
  readonly #model: ModelClient;
  readonly #file: string;
  readonly #name: string;
  #known: Map<string, Recorded> | undefined;
  /** Whether the last answer came from the file. */
  replayed = false;

  constructor(model: ModelClient, file: string, name: string) {
    this.#model = model;
    this.#file = file;
    this.#name = name;
  }

  async *complete(
    request: FimRequest,
    signal: AbortSignal,
  ): AsyncGenerator<CompletionEvent, void, undefined> {
    this.#known ??= await read(this.#file);
    const key = this.#keyOf(request);
    const known = request.temperature === 0 ? this.#known.get(key) : undefined;
    this.replayed = known !== undefined;
    if (known) {
      for (const { text, tokens } of known.deltas) {
        if (signal.aborted) return;
        yield { type: "delta", candidate: 0, text, tokens };
      }
      if (signal.aborted) return;
      if (known.finish) return yield known.finish;
      // Whoever had enough last time mostly has enough now, and says so at once.
      await new Promise((resolve) => setTimeout(resolve, graceMs));
      if (signal.aborted) return;
      this.replayed = false;
    }
    yield* this.#asked(key, request, signal, known?.deltas.length ?? 0);
  }

  /** @param seen deltas that were given already from a record that ended too early. */
  async *#asked(
    key: string,
    request: FimRequest,
    signal: AbortSignal,
    seen: number,
  ): AsyncGenerator<CompletionEvent, void, undefined> {
    const deltas: { text: string; tokens: readonly TokenProbability[] }[] = [];
    let finish: Recorded["finish"];
    try {
      for await (const event of this.#model.complete(request, signal)) {
        if (event.type === "done") {
          if (event.finishReason !== "cancelled") finish = event;
        } else {
          deltas.push({ text: event.text, tokens: event.tokens ?? [] });
          if (deltas.length <= seen) continue;
        }
        yield event;
      }
    } finally {
      if (request.temperature === 0 && (finish || deltas.length > seen)) {
        const recorded = { key, deltas, cut: !finish, ...(finish && { finish }) };
        this.#known?.set(key, recorded);
        await appendFile(this.#file, `${JSON.stringify(recorded)}\n`);
      }
    }
  }

  async prefill(): Promise<readonly TokenProbability[]> {
    return [];
  }

  chat(...args: Parameters<ModelClient["chat"]>): AsyncIterable<CompletionEvent> {
    return this.#model.chat(...args);
  }

  countTokens(text: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#model.countTokens(text, signal);
  }

  weigh(...args: Parameters<ModelClient["weigh"]>): ReturnType<ModelClient["weigh"]> {
    return this.#model.weigh(...args);
  }

  #keyOf({ context, path, prefix, suffix, maxTokens, beginsWith, lead }: FimRequest): string {
    const what = JSON.stringify([
      this.#name,
      context,
      path,
      prefix,
      suffix,
      maxTokens,
      ...(beginsWith ?? []),
      ...(lead ? [{ lead }] : []),
    ]);
    return createHash("sha256").update(what).digest("hex").slice(0, 32);
  }
}

async function read(file: string): Promise<Map<string, Recorded>> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const rows = text.split("\n").slice(0, -1);
  return new Map(rows.map((row) => JSON.parse(row) as Recorded).map((each) => [each.key, each]));
}
