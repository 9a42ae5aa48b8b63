import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { Chunks } from "../../../src/model/connection.ts";
import type { Fetch } from "../../../src/model/httpCall.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { ServerConnection } from "../../../src/model/serverConnection.ts";
import { askedWaitMs, refusalOf } from "../../../src/model/serverRefusal.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

const key = 'sk-"quoted"\\key';
const baseUrl = "http://server.invalid/v1";

function connectionTo(fetch: Fetch, apiKey = async (): Promise<string | undefined> => key): ServerConnection {
  return new ServerConnection({ baseUrl, fetch, apiKey, clock: new FakeClock(), name: "The server" });
}

async function failureOf(asked: Promise<unknown>): Promise<ModelError> {
  const error = await asked.then(
    () => assert.fail("it did not fail"),
    (failure: unknown) => failure,
  );
  assert.ok(error instanceof ModelError, inspect(error));
  return error;
}

async function read(chunks: Promise<Chunks>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const chunk of await chunks) all.push(chunk);
  return all;
}

describe("the connection to a server", () => {
  it("asks nothing that is withdrawn while the SDK is loaded, and gives the signal's reason", async () => {
    let asked = 0;
    const ask = async (): Promise<never> => {
      asked++;
      return assert.fail("it is asked");
    };
    const connection = connectionTo(ask, ask);
    for (const open of [true, false]) {
      const withdrawn = new AbortController();
      const { signal } = withdrawn;
      const answer = open
        ? connection.open(`${baseUrl}/completions`, {}, { framing: "events" }, "m", signal)
        : connection.get("/models", "m", signal);
      withdrawn.abort("left");
      await assert.rejects(answer, (reason) => reason === "left");
    }
    assert.equal(asked, 0);
  });

  const never = new AbortController().signal;
  const said = { error: { message: `not ${key}`, code: key, type: "auth" }, detail: key };
  const refusals: readonly [string, string][] = [
    ["as OpenAI does", JSON.stringify(said)],
    ["in a bare body", JSON.stringify({ message: `not ${key}`, code: "c", type: "auth", param: key })],
    ["as FastAPI does", JSON.stringify({ detail: [{ loc: ["header", key], msg: `not ${key}` }] })],
    ["in another form", JSON.stringify({ detail: { key } })],
    ["as a list", JSON.stringify([key])],
    ["as a text", JSON.stringify(key)],
    ["in plain words", `not ${key}`],
  ];
  for (const [form, body] of refusals) {
    it(`keeps the key out of a refusal that repeats it ${form}`, async () => {
      const headers = { "retry-after": "3", "x-key": key };
      const connection = connectionTo(async () => new Response(body, { status: 429, headers }));
      const error = await failureOf(connection.get("/models", "m", never));
      assert.equal(error.code, "rate-limited");
      assert.match(error.message, /\(the key\)/);
      assert.deepEqual([refusalOf(error)?.status, askedWaitMs(error)], [429, 3000]);
      assert.ok(!inspect(error, { depth: 10 }).includes("quoted"), inspect(error, { depth: 10 }));
    });
  }

  it("keeps it out of a refusal in the middle of an answer, too", async () => {
    const streams: readonly [string, string, "events" | "lines"][] = [
      ["text/event-stream", `data: {"n":1}\n\ndata: ${JSON.stringify(said)}\n\n`, "events"],
      ["application/x-ndjson", `{"n":1}\n${JSON.stringify({ error: `not ${key}` })}\n`, "lines"],
      ["application/json", JSON.stringify(said), "events"],
    ];
    for (const [type, body, framing] of streams) {
      const connection = connectionTo(async () => new Response(body, { headers: { "content-type": type } }));
      const chunks = connection.open(`${baseUrl}/completions`, {}, { framing }, "m", never);
      const error = await failureOf(read(chunks));
      assert.equal(error.code, "server-error", type);
      assert.match(error.message, /failed: not \(the key\)$/);
      assert.equal(refusalOf(error)?.status, undefined);
      assert.ok(!inspect(error, { depth: 10 }).includes("quoted"), inspect(error, { depth: 10 }));
    }
  });
});
