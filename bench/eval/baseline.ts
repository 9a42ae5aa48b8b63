import type { ModelClient, Usage } from "../../src/model/modelClient.ts";
import type { EvalCase } from "./cases.ts";
import type { Prediction } from "./predictions.ts";
import { type Predictor, rounded, tokensOf } from "./predictor.ts";

/** What a plain client of the model does: a fixed window, no context, no post-processing, everything is shown. */
const limits = { prefixTokens: 1024, suffixTokens: 256, maxTokens: 96 };

export class BaselinePredictor implements Predictor {
  readonly #model: ModelClient;

  constructor(model: ModelClient) {
    this.#model = model;
  }

  async predict(each: EvalCase, signal: AbortSignal): Promise<Prediction> {
    const prefix = await this.#window(each.prefix, limits.prefixTokens, "end", signal);
    const suffix = await this.#window(each.suffix, limits.suffixTokens, "start", signal);
    const start = performance.now();
    let text = "";
    let usage: Usage = {};
    const probabilities: number[] = [];
    const request = {
      context: [],
      path: each.path,
      prefix,
      suffix,
      maxTokens: limits.maxTokens,
      temperature: 0,
      candidates: 1,
      stop: [],
    };
    for await (const event of this.#model.complete(request, signal)) {
      if (event.type === "done") usage = event.usage;
      else {
        text += event.text;
        probabilities.push(...(event.tokens ?? []).map((token) => token.probability));
      }
    }
    signal.throwIfAborted();
    const first = probabilities.slice(0, 16);
    return {
      id: each.id,
      completion: text,
      latency_ms: rounded(performance.now() - start),
      shown: text.trim() !== "",
      replace: 0,
      ...(first.length > 0 && { confidence: first.reduce((a, b) => a * b, 1) }),
      tokens: tokensOf(usage),
    };
  }

  async dispose(): Promise<void> {}

  /** The part of `text` nearest to the cursor that has about so many tokens, whole characters. */
  async #window(text: string, tokens: number, side: "start" | "end", signal: AbortSignal): Promise<string> {
    const cut = (length: number): string => (side === "end" ? text.slice(-length) : text.slice(0, length));
    let length = Math.min(text.length, tokens * 4);
    for (let tries = 0; tries < 3 && length > 0; tries++) {
      const count = await this.#model.countTokens(cut(length), signal);
      if (count === undefined || (count <= tokens && (length === text.length || count >= tokens * 0.97)))
        break;
      length = Math.min(text.length, Math.floor((length * tokens * 0.99) / Math.max(1, count)));
    }
    return length === 0 ? "" : cut(length);
  }
}
