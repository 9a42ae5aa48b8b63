import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { loadReport, reportText } from "../../../../bench/server/loadReport.ts";
import { readServerCounts, residentMegabytes } from "../../../../bench/server/serverCounts.ts";
import { ServerWatch } from "../../../../bench/server/serverWatch.ts";
import { FakeRoutesServer, type Reply } from "../../../fakes/fakeRoutesServer.ts";

const metrics = (text: string): Reply => {
  return (response) => void response.writeHead(200, { "content-type": "text/plain" }).end(text);
};

describe("what a load test watches of a server", () => {
  const silent: readonly (readonly [string, Reply])[] = [
    ["hang", () => {}],
    ["begin and hang", (response) => void response.writeHead(200).write("wisp_requests_pending 1\n")],
    ["are reset", (response) => void response.destroy()],
    ["are refused", (response) => void response.writeHead(403).end("no")],
  ];
  for (const [what, reply] of silent) {
    it(`goes without counters that ${what}`, async () => {
      await using server = await FakeRoutesServer.start({ "GET /metrics": () => reply });
      assert.equal(await readServerCounts(server.origin, "key", 200), undefined);
      assert.equal(server.requests[0]?.headers["authorization"], "Bearer key");
    });
  }

  it("says how the counters grew", async () => {
    const tokens = [5, 7];
    await using server = await FakeRoutesServer.start({
      "GET /metrics": () => metrics(`wisp_tokens_generated_total ${tokens.shift()}\n`),
    });
    const watch = await ServerWatch.start(server.origin, undefined, undefined);
    assert.deepEqual(await watch.end(), { server: { generatedTokens: 2 } });
  });

  it("brings a report of a server that dies under the load", async function () {
    if (process.platform !== "linux") this.skip();
    let isThere = true;
    await using server = await FakeRoutesServer.start({
      "GET /metrics": () => (response, request) =>
        isThere ? metrics("wisp_tokens_generated_total 5\n")(response, request) : void response.destroy(),
    });
    const child = spawn(process.execPath, ["-e", "console.log('up'); setInterval(() => {}, 1000)"]);
    await once(child.stdout, "data");
    const watch = await ServerWatch.start(server.origin, undefined, child.pid);
    isThere = false;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
    const side = await watch.end();
    assert.equal(side.server, undefined);
    assert.ok((side.memory?.before ?? 0) > 1);
    assert.equal(side.memory?.after, undefined);
    assert.match(reportText(loadReport([], 0, 1, 1, side)), /MB at most, gone at the end/);
  });

  it("says at once that there is no such process", async () => {
    assert.equal(await residentMegabytes(2 ** 30), undefined);
    await assert.rejects(
      ServerWatch.start("http://127.0.0.1:1", undefined, 2 ** 30),
      /no process 1073741824/,
    );
  });
});
