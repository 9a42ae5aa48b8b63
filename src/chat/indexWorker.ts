import { parentPort } from "node:worker_threads";
import { CodeIndex, type FoundChunk } from "./codeIndex.ts";

export type ToIndex =
  | { readonly type: "put"; readonly path: string; readonly text: string }
  | { readonly type: "remove"; readonly path: string }
  | { readonly type: "find"; readonly id: number; readonly question: string; readonly count: number };

export interface FromIndex {
  readonly id: number;
  readonly found: readonly FoundChunk[];
}

/** Entry of the worker's bundle: the index lives here so that it takes neither time nor memory of the extension host's thread. */
if (parentPort) {
  const port = parentPort;
  const index = new CodeIndex();
  port.on("message", (message: ToIndex) => {
    if (message.type === "put") index.put(message.path, message.text);
    else if (message.type === "remove") index.remove(message.path);
    else
      port.postMessage({
        id: message.id,
        found: index.find(message.question, message.count),
      } satisfies FromIndex);
  });
}
