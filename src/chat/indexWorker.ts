import { parentPort } from "node:worker_threads";
import { CodeIndex } from "./codeIndex.ts";
import { serveIndex, type ToIndex } from "./indexSeat.ts";

/** Entry of the worker's bundle. */
if (parentPort) {
  const port = parentPort;
  const index = new CodeIndex();
  port.on("message", (message: ToIndex) => {
    const answer = serveIndex(index, message);
    if (answer) port.postMessage(answer);
  });
}
