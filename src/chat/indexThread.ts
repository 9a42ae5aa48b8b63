import { Worker } from "node:worker_threads";
import type { FromIndex, StartIndex } from "./indexSeat.ts";

/** An index in a thread of its own, so that it takes neither time nor memory of the extension host's. */
export function indexInThread(workerPath: string): StartIndex {
  return ({ onAnswer, onFailure }) => {
    const worker = new Worker(workerPath, { resourceLimits: { maxOldGenerationSizeMb: 512 } });
    worker.unref();
    worker.on("message", (answer: FromIndex) => onAnswer(answer));
    worker.on("error", onFailure);
    // A thread that ends without an error answers no more either; after an error this tells it twice.
    worker.on("exit", (code) => onFailure(new Error(`its thread ended with ${code}`)));
    return { send: (message) => worker.postMessage(message), end: () => void worker.terminate() };
  };
}
