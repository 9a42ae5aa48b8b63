import { ModelError } from "./modelErrors.ts";
import type { GetOptions } from "./serverGet.ts";
import { identifyServer, type ServerIdentity } from "./serverIdentity.ts";
import { usualPorts } from "./serverKinds.ts";

export interface FoundServer {
  /** Without a path. */
  readonly address: string;
  /** Undefined when it wants a key before it tells what it is. */
  readonly identity?: ServerIdentity;
}

/**
 * Looks at the usual ports of this machine, all at once. Nothing is sent that a web browser would not send, and no
 * key: `options.apiKey` is not asked.
 */
export async function scanLoopback(
  options: GetOptions,
  signal: AbortSignal,
  ports: readonly number[] = usualPorts,
): Promise<readonly FoundServer[]> {
  const quiet = { ...options, apiKey: async () => undefined };
  const looked = ports.map(async (port): Promise<FoundServer | undefined> => {
    const address = `http://127.0.0.1:${port}`;
    try {
      return { address, identity: await identifyServer(address, quiet, signal) };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ModelError)) throw error;
      return error.code === "unauthorized" ? { address } : undefined;
    }
  });
  return (await Promise.all(looked)).filter((found) => found !== undefined);
}
