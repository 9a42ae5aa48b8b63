import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { RecordedModel } from "../../../bench/eval/recordedModel.ts";
import type { CompletionEvent, FimRequest, ModelClient } from "../../../src/model/modelClient.ts";

const request: FimRequest = {
  context: [],
  path: "a.ts",
  prefix: "const a = ",
  suffix: "",
  maxTokens: 8,
  temperature: 0,
  candidates: 1,
  stop: [],
};

describe("replayed answers", () => {
  let folder: string;
  let asked: number;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "wisp-answers-"));
    asked = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  const model = (): RecordedModel => {
    const client: Pick<ModelClient, "complete"> = {
      async *complete(_request, signal) {
        asked++;
        for (const text of ["one", " two", " three"]) {
          if (signal.aborted) return;
          yield { type: "delta", candidate: 0, text, tokens: [{ text, probability: 0.5 }] };
        }
        yield { type: "done", finishReason: "stop", usage: { completionTokens: 3 } };
      },
    };
    return new RecordedModel(client as ModelClient, path.join(folder, "answers.jsonl"), "model");
  };

  async function text(
    from: RecordedModel,
    what: FimRequest,
    most = Number.POSITIVE_INFINITY,
  ): Promise<string> {
    const controller = new AbortController();
    const events: CompletionEvent[] = [];
    for await (const event of from.complete(what, controller.signal)) {
      events.push(event);
      if (events.length >= most) controller.abort();
    }
    return events.map((event) => (event.type === "delta" ? event.text : `|${event.finishReason}`)).join("");
  }

  it("are the same as the first ones, in a later run too", async () => {
    assert.equal(await text(model(), request), "one two three|stop");
    const later = model();
    assert.equal(await text(later, request), "one two three|stop");
    assert.equal(later.replayed, true);
    assert.equal(asked, 1);
  });

  it("are asked for anew where the request differs", async () => {
    const recorded = model();
    await text(recorded, request);
    await text(recorded, { ...request, prefix: "const b = " });
    assert.equal(recorded.replayed, false);
    assert.equal(asked, 2);
  });

  it("are completed when a later run wants more than the first one took", async () => {
    assert.equal(await text(model(), request, 1), "one");
    assert.equal(asked, 1);
    assert.equal(await text(model(), request, 1), "one");
    assert.equal(asked, 1);
    assert.equal(await text(model(), request), "one two three|stop");
    assert.equal(asked, 2);
  });
});
