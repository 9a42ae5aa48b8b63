import assert from "node:assert/strict";
import * as vscode from "vscode";
import { llamaServer } from "../fakes/fakeKnownServers.ts";
import { FakeProxy } from "../fakes/fakeProxy.ts";
import { FakeRoutesServer, replyEvents } from "../fakes/fakeRoutesServer.ts";
import { closeActive, showText, traceHere, type, until, wisp } from "./wisp.ts";

/** No name server knows it: who reaches it went through the proxy. */
const host = "models.test";

describe("a server behind the editor's proxy", () => {
  let server: FakeRoutesServer;
  let proxy: FakeProxy;
  const changed = new Map<string, unknown>();

  const set = async (name: string, value: unknown): Promise<void> => {
    const settings = vscode.workspace.getConfiguration();
    if (!changed.has(name)) changed.set(name, settings.inspect(name)?.globalValue);
    await settings.update(name, value, vscode.ConfigurationTarget.Global);
  };

  before(async () => {
    const answer = [
      { content: "a + b;", stop: false },
      { content: "", stop: true, stop_type: "eos", tokens_evaluated: 9, timings: {} },
    ];
    server = await FakeRoutesServer.start({
      ...llamaServer({ id: "coder", family: "qwen2.5-coder" }),
      "POST /infill": () => replyEvents(answer, false),
    });
    proxy = await FakeProxy.start(server.port);
    await set("http.proxy", proxy.address);
    await set("wisp.server.fallback", "none");
    await set("wisp.server.profiles", {
      team: { url: `http://${host}/v1`, completionModel: "coder", fim: "infill" },
    });
    await set("wisp.server.profile", "team");
    await set("wisp.backend", "server");
    const { status } = await wisp();
    await until("the profile is in use", 10_000, () => {
      const now = status();
      return "profile" in now && now.profile === "team" ? true : undefined;
    });
  });

  after(async () => {
    await closeActive();
    for (const [name, value] of [...changed].reverse()) await set(name, value);
    await proxy[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it("is asked through it", async () => {
    const editor = await showText("typescript", "export function add(a: number, b: number): number {\n  ");
    await type("return ");
    const { outcome } = await traceHere(editor);
    assert.equal(outcome.kind, "shown", JSON.stringify(outcome));
    assert.ok(
      proxy.hosts.some((asked) => asked.startsWith(host)),
      proxy.hosts.join(", "),
    );
    assert.ok(server.requests.some(({ route }) => route === "POST /infill"));
  });
});
