import type { ChatRequest, ModelClient, TokenProbability } from "../model/modelClient.ts";

export interface Answer {
  readonly text: string;
  /** True when the signal aborted; `text` is then what had come. */
  readonly cancelled: boolean;
  /** True when the model had more to say than it was given tokens. */
  readonly cut: boolean;
  /** The tokens with their probabilities, empty where the backend does not tell. */
  readonly tokens: readonly TokenProbability[];
}

/**
 * Collects a chat answer.
 * @param isComplete ends the generation as soon as it says that the text so far is all that is wanted.
 * @throws {ModelError}
 */
export async function collectAnswer(
  model: ModelClient,
  request: ChatRequest,
  signal: AbortSignal,
  isComplete: (text: string) => boolean = () => false,
): Promise<Answer> {
  let text = "";
  let cancelled = false;
  let cut = false;
  const tokens: TokenProbability[] = [];
  const enough = new AbortController();
  for await (const event of model.chat(request, AbortSignal.any([signal, enough.signal]))) {
    if (event.type === "done") {
      cancelled = event.finishReason === "cancelled";
      cut = event.finishReason === "length";
      break;
    }
    text += event.text;
    if (event.tokens) tokens.push(...event.tokens);
    if (isComplete(text)) {
      enough.abort();
      break;
    }
  }
  return { text, cancelled, cut, tokens };
}

/** Whether the first fenced block of an answer holds code and has been closed. */
export function hasClosedBlock(text: string): boolean {
  const opening = /^(`{3,})[^\n`]*\n/m.exec(text);
  if (!opening) return false;
  const inside = text.slice(opening.index + opening[0].length);
  const closing = new RegExp(`^${opening[1]}[ \\t]*$`, "m").exec(inside);
  return closing !== null && inside.slice(0, closing.index).trim() !== "";
}

/** The probability that the model gave to the token in which `word` begins, last place first; undefined without probabilities. */
export function probabilityOf(word: string, tokens: readonly TokenProbability[]): number | undefined {
  const text = tokens.map((token) => token.text).join("");
  const at = text.lastIndexOf(word);
  if (at === -1) return undefined;
  let offset = 0;
  for (const token of tokens) {
    offset += token.text.length;
    if (offset > at) return token.probability;
  }
  return undefined;
}

/** The longest fenced block of an answer; the whole text where there is no fence, undefined when it is prose. */
export function fencedCode(text: string): string | undefined {
  const blocks = [
    ...text.replaceAll("\r\n", "\n").matchAll(/^(`{3,})[^\n]*\n([\s\S]*?)(?:\n\1[ \t]*$|$(?![\s\S]))/gm),
  ].map((match) => match[2] ?? "");
  if (blocks.length > 0)
    return blocks.reduce((longest, block) => (block.length > longest.length ? block : longest));
  return undefined;
}
