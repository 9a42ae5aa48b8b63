import type { Log } from "../base/log.ts";
import { WispError } from "../base/wispError.ts";
import type { CompletionEvent } from "../model/modelClient.ts";
import type { Turn } from "./conversation.ts";

/** How an answer has ended. */
export type AnswerEnd = Pick<Turn, "state" | "error">;

/**
 * Reads an answer to its end, whatever that is; what goes wrong is logged and told.
 * @param onText told each piece, and the model that gave it where another one stands in.
 */
export async function readAnswer(
  start: () => AsyncIterable<CompletionEvent>,
  onText: (text: string, standIn: string | undefined) => void,
  log: Log,
): Promise<AnswerEnd> {
  try {
    for await (const event of start()) {
      if (event.type === "done")
        return { state: event.finishReason === "cancelled" ? "stopped" : "complete" };
      onText(event.text, event.standIn);
    }
    throw new Error("the model's stream ended without an end of the answer");
  } catch (error) {
    const isKnown = error instanceof WispError;
    log.error(`Chat: ${isKnown ? `${error.code}: ${error.message}` : error}`);
    return {
      state: "failed",
      error: isKnown
        ? { message: error.message, hint: error.hint }
        : { message: "The answer broke off.", hint: "See the log of Wisp for the cause, then try again." },
    };
  }
}
