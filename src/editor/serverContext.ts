import type { Clock } from "../base/clock.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import type { Log } from "../base/log.ts";
import { serverContextTokens } from "../model/serverContext.ts";
import type { GetOptions } from "../model/serverGet.ts";
import { noModel } from "../model/serverProfile.ts";
import type { Backend } from "./backend.ts";
import type { ServerKeys } from "./secrets.ts";
import type { MachineSettings } from "./settingValues.ts";

/** The server that chat asks, and how. */
export interface AskedServer extends GetOptions {
  readonly url: string;
  /** Undefined: the first that it lists. */
  readonly model: string | undefined;
}

export interface ServerContextParts {
  /** Undefined where no server is asked. */
  readonly server: () => AskedServer | undefined;
  readonly backend: Pick<Backend, "onBusy">;
  readonly log: Log;
}

/** Those that tell at all do so once their model is loaded. */
const mostReadings = 3;
const withinMs = 10_000;

/** The server that answers in the chat by these settings; undefined for none. */
export function chatServer(
  { backend, server: { url, completionModel, chatModel } }: Pick<MachineSettings, "backend" | "server">,
  keys: Pick<ServerKeys, "get">,
  clock: Clock,
): AskedServer | undefined {
  if (backend !== "server" || !url || chatModel === noModel) return undefined;
  const model = chatModel ?? (completionModel === noModel ? undefined : completionModel);
  return {
    url,
    model,
    apiKey: () => keys.get(url),
    fetch: (...request) => fetch(...request),
    clock,
    withinMs,
  };
}

/**
 * How many tokens the server's model takes, where the server tells. It is asked when requests have ended, because some load a
 * model with the first one, and a few times at most.
 */
export class ServerContext implements Disposable {
  readonly #parts: ServerContextParts;
  readonly #disposables = new DisposableStore();
  readonly #end = new AbortController();
  #known: { readonly of: string; readonly tokens: number } | undefined;
  #reading: Promise<void> = Promise.resolve();
  #isReading = false;
  #readings = { of: "", count: 0 };

  constructor(parts: ServerContextParts) {
    this.#parts = parts;
    this.#disposables.add(
      parts.backend.onBusy((busy) => {
        if (!busy && !this.#isReading) this.#reading = this.#read();
      }),
    );
  }

  /** Undefined until the server has said it. */
  get tokens(): number | undefined {
    const server = this.#parts.server();
    return server && this.#known?.of === keyOf(server) ? this.#known.tokens : undefined;
  }

  /** Resolves when what the server was asked last is known. */
  get settled(): Promise<void> {
    return this.#reading;
  }

  dispose(): void {
    this.#end.abort();
    this.#disposables.dispose();
  }

  async #read(): Promise<void> {
    const server = this.#parts.server();
    if (!server || this.tokens !== undefined) return;
    const of = keyOf(server);
    if (this.#readings.of !== of) this.#readings = { of, count: 0 };
    if (++this.#readings.count > mostReadings) return;
    this.#isReading = true;
    try {
      const tokens = await serverContextTokens(server.url, server.model, server, this.#end.signal);
      if (tokens !== undefined) this.#known = { of, tokens };
    } catch (error) {
      if (!this.#end.signal.aborted)
        this.#parts.log.debug(`The server did not tell the size of its context: ${String(error)}`);
    } finally {
      this.#isReading = false;
    }
  }
}

function keyOf({ url, model }: AskedServer): string {
  return `${url} ${model ?? ""}`;
}
