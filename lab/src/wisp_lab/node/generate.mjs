#!/usr/bin/env node
// Runs a GGUF model in the same runtime as the extension's engine, for parity tests and evaluation.
// argv: a JSON object {model, adapter?, scale?, threads?, contextSize} and the runtime's URL. One JSON request per line on stdin:
//   {id, prompt | tokens, maxTokens, stop?: [token], top?: number}
// One JSON answer per line on stdout: {id, promptTokens, tokens, text, probabilities?, ms}, or {id, error}.
// `prompt` is cut into tokens with special tokens recognised, as the engine does; generation is greedy.
import { createInterface } from "node:readline";

// The runtime of the repository's own node_modules, wherever this file is installed.
const { getLlama, LlamaLogLevel } = await import(process.argv[3]);
const options = JSON.parse(process.argv[2]);
const llama = await getLlama({ build: "never", gpu: false, logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: options.model, gpuLayers: 0 });
const context = await model.createContext({
  contextSize: Math.min(options.contextSize, model.trainContextSize),
  threads: options.threads ?? 0,
  ...(options.adapter ? { lora: { adapters: [{ filePath: options.adapter, scale: options.scale ?? 1 }] } } : {}),
});
const sequence = context.getSequence();
const { infill } = model.tokens;
say({
  ready: true,
  vocabulary: model.fileInfo.metadata?.tokenizer?.ggml?.tokens?.length ?? null,
  infill: { prefix: infill.prefix, middle: infill.middle, suffix: infill.suffix },
  eos: model.tokens.eos,
});

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === "") continue;
  const request = JSON.parse(line);
  try {
    say(await generate(request));
  } catch (error) {
    say({ id: request.id, error: String(error?.message ?? error) });
  }
}
await context.dispose();
await model.dispose();
await llama.dispose();

async function generate({ id, prompt, tokens: given, maxTokens, stop = [], top = 0 }) {
  const started = performance.now();
  const promptTokens = given ?? model.tokenize(prompt, true);
  const tokens = [];
  const probabilities = [];
  if (maxTokens > 0) {
    await sequence.clearHistory();
    const stops = new Set([...stop, model.tokens.eos, model.tokens.eot]);
    const steps = sequence.evaluateWithMetadata(
      promptTokens,
      { confidence: true, probabilities: top > 0 },
      { temperature: 0, yieldEogToken: true },
    );
    for await (const step of steps) {
      if (stops.has(step.token) || model.isEogToken(step.token)) break;
      tokens.push(step.token);
      probabilities.push(
        top > 0 ? [...step.probabilities].slice(0, top) : [[step.token, step.confidence]],
      );
      if (tokens.length >= maxTokens) break;
    }
  }
  const ms = performance.now() - started;
  return { id, promptTokens, tokens, text: model.detokenize(tokens, false, promptTokens.slice(-1)), probabilities, ms };
}

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
