import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { coder, llamaServer } from "../../../fakes/fakeKnownServers.ts";
import { FakeRoutesServer } from "../../../fakes/fakeRoutesServer.ts";

const script = path.resolve(import.meta.dirname, "../../../../scripts/benchServer.ts");
const run = promisify(execFile);

describe("npm run bench:server", () => {
  it("reports what people felt, also where the server's counters fail", async function () {
    this.timeout(60_000);
    await using server = await FakeRoutesServer.start({
      ...llamaServer(coder),
      "GET /metrics": () => (response) => void response.destroy(),
    });
    const options = ["--url", server.origin, "--users", "2", "--seconds", "4", "--fim", "infill"];
    const { stdout } = await run(process.execPath, [script, ...options]);
    assert.match(stdout, /^2 users for \d+ s: \d+ requests/m);
    assert.match(stdout, /answered {3}[1-9]/);
  });

  it("takes whole numbers only, before it asks anything", async function () {
    this.timeout(60_000);
    await using server = await FakeRoutesServer.start(llamaServer(coder));
    await assert.rejects(run(process.execPath, [script, "--url", server.origin, "--seed", "abc"]), {
      code: 2,
      stderr: /--seed takes a whole number from 1 on, not "abc"/,
    });
    assert.equal(server.requests.length, 0);
  });
});
