import assert from "node:assert/strict";
import { answerRequest } from "../../../src/chat/answerRequest.ts";
import { ContextSize } from "../../../src/chat/contextSize.ts";
import { fittingAnswer } from "../../../src/chat/fittingAnswer.ts";
import type { ChatRequest, ModelClient } from "../../../src/model/modelClient.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { estimateTokens } from "../../../src/prompt/tokenEstimate.ts";
import { scriptedChat } from "../../fakes/scriptedChat.ts";

/** What servers and the engine say of a prompt that is too large for them. */
const sayings: readonly ((tokens: number) => string)[] = [
  (tokens) => `The prompt has 7000 tokens, and the context holds ${tokens}.`,
  (tokens) =>
    `request (7000 tokens) exceeds the available context size (${tokens} tokens), try increasing it`,
  (tokens) => `This model's maximum context length is ${tokens} tokens. However, you requested 8000 tokens.`,
];

describe("fittingAnswer", () => {
  let asked: ChatRequest[];
  let told: number[];
  let size: ContextSize;
  let assumed: number;
  let modelName: string;
  /** What the model really takes. */
  let takes: number;
  let say: (tokens: number) => string;

  beforeEach(() => {
    asked = [];
    told = [];
    assumed = 8192;
    takes = 4096;
    modelName = "a";
    say = (tokens) => sayings[0]?.(tokens) ?? "";
    size = new ContextSize({ assumed: () => assumed, modelName: () => modelName });
  });

  const tokensOf = ({ messages }: ChatRequest): number =>
    messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
  const model: ModelClient = {
    ...scriptedChat([]).model,
    async *chat(request) {
      asked.push(request);
      if (tokensOf(request) + request.maxTokens > takes)
        throw new ModelError("context-overflow", say(takes), "Ask about less.");
      yield { type: "delta", candidate: 0, text: "So it is." };
      yield { type: "done", finishReason: "stop", usage: {} };
    },
  };

  async function answer(question: string, context = "some words ".repeat(2500)): Promise<string> {
    const request = (contextTokens: number) =>
      answerRequest([{ role: "user", text: question, context }], { contextTokens, rules: "" });
    const onLess = (tokens: number): void => void told.push(tokens);
    let text = "";
    const events = fittingAnswer({ model, size, request, onLess }, new AbortController().signal);
    for await (const event of events) if (event.type === "delta") text += event.text;
    return text;
  }

  for (const [index, saying] of sayings.entries())
    it(`asks again with what fits, and knows from then on how much that is (${index + 1})`, async () => {
      say = saying;
      assert.equal(await answer("Why?"), "So it is.");
      assert.deepEqual(told, [4096]);
      assert.equal(size.tokens, 4096);
      assert.match(asked[1]?.messages.at(-1)?.content ?? "", /^some words[\s\S]*\n\nWhy\?$/);
      assert.equal(await answer("And now?"), "So it is.");
      assert.equal(asked.length, 3, "the next question fits at once");
      modelName = "b";
      assert.equal(size.tokens, 8192);
    });

  it("halves what a server takes that says nothing of it, until it answers", async () => {
    takes = 2048;
    say = () => "the context window is exceeded";
    assert.equal(await answer("Why?"), "So it is.");
    assert.deepEqual(told, [4096, 2048]);
  });

  it("asks with less and learns nothing where only the tokens were counted too low", async () => {
    takes = 8000;
    say = () => "This model's maximum context length is 8192 tokens.";
    assert.equal(await answer("Why?"), "So it is.");
    assert.deepEqual(told, [6144]);
    assert.equal(size.tokens, 8192);
  });

  it("fails as the model does where nothing smaller helps: the question fills it, or it always refuses", async () => {
    takes = 1200;
    await assert.rejects(answer("word ".repeat(1500)), { code: "context-overflow" });
    assert.equal(asked.length, 1);
    takes = 0;
    modelName = "b";
    say = () => "the context window is exceeded";
    await assert.rejects(answer("Why?"), { code: "context-overflow" });
    assert.equal(asked.length, 4);
  });

  it("repeats nothing of an answer that has begun, and no other failure", async () => {
    for (const code of ["context-overflow", "server-error"] as const) {
      const breaks: ModelClient = {
        ...model,
        async *chat(request) {
          asked.push(request);
          if (code === "context-overflow") yield { type: "delta", candidate: 0, text: "So" };
          throw new ModelError(code, "It broke.", "Try again.");
        },
      };
      const request = (contextTokens: number) =>
        answerRequest([{ role: "user", text: "Why?", context: "" }], { contextTokens, rules: "" });
      asked = [];
      const events = fittingAnswer(
        { model: breaks, size, request, onLess: () => assert.fail("asked again") },
        new AbortController().signal,
      );
      await assert.rejects(
        async () => {
          for await (const _ of events);
        },
        { code },
      );
      assert.equal(asked.length, 1);
    }
  });
});
