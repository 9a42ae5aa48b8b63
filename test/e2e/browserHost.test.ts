import assert from "node:assert/strict";
import { type FakeModel, llamaServer } from "../fakes/fakeKnownServers.ts";
import { FakeRoutesServer, type Routes, replyEvents } from "../fakes/fakeRoutesServer.ts";
import { ChatPanel } from "./support/chatPanel.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const model: FakeModel = { id: "coder", family: undefined };

/** llama-server with a model that knows how to add. */
const adder: Routes = {
  ...llamaServer(model),
  "POST /infill": () =>
    replyEvents(
      [
        { content: "a + b;", stop: false },
        { content: "", stop: true, stop_type: "eos", tokens_evaluated: 9, timings: {} },
      ],
      false,
    ),
};

/** The build without Node, in the web worker in which VS Code on the web runs its extensions. */
const inWebWorker = { "remote.extensionKind": { "wisp-local.wisp": ["web"] } };

describe("the build for VS Code in a browser", () => {
  let session: Session | undefined;
  let server: FakeRoutesServer | undefined;

  afterEach(async () => {
    await session?.stop();
    await server?.[Symbol.asyncDispose]();
  });

  it("completes and chats from a server", async () => {
    server = await FakeRoutesServer.start(adder);
    session = await Session.start({
      files: { "src/add.ts": "/** The sum of two numbers. */\n" },
      settings: {
        ...inWebWorker,
        "wisp.backend": "server",
        "wisp.server.profile": "team",
        "wisp.server.profiles": {
          team: { url: `${server.origin}/v1`, completionModel: model.id, fim: "infill" },
        },
      },
    });
    const { editor } = session;
    const bar = await until(
      "the status bar shows the profile",
      30_000,
      () => editor.statusBar(),
      (text) => text.includes("Wisp: team"),
    );
    assert.match(bar, /Runs in this browser\./);
    await editor.open("src/add.ts", 2, 1);
    await editor.type("export function add(a: number, b: number): number {\n  return ");
    assert.equal(await editor.waitForGhostText(), "a + b;");
    await editor.screenshot("browser-host");
    await editor.command("Wisp: Open Chat");
    const chat = new ChatPanel(editor.page);
    await chat.ask("Hello?");
    assert.equal(await chat.waitForAnswer(), "Hello!");
    await editor.screenshot("browser-host-chat");
    const asked = server.requests.find(({ route }) => route === "POST /infill");
    assert.match(String(asked?.headers["user-agent"]), /Chrom/, "the browser itself asked");
  });

  it("says why it has no engine, and what works only elsewhere", async () => {
    session = await Session.start({ files: { "a.ts": "" }, settings: inWebWorker });
    const { editor } = session;
    assert.match(await editor.waitForNotification("cannot start programs"), /Connect to a Server/);
    await editor.open("a.ts", 1, 1);
    await editor.command("Wisp: Find Bugs");
    assert.match(await editor.waitForNotification("needs a disk and programs"), /Find Bugs/);
    await editor.screenshot("browser-host-no-engine");
  });
});
