import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { e2eVariables } from "../../scripts/testing/e2eSuite.ts";
import { coder } from "../fakes/fakeKnownServers.ts";
import { chatPiece, eventBytes } from "../fakes/fakeOpenAiServer.ts";
import { FakeRoutesServer, type Reply, type Routes } from "../fakes/fakeRoutesServer.ts";
import { adders } from "./support/adders.ts";
import { addingServer, guarded } from "./support/addingServer.ts";
import { ChatPanel } from "./support/chatPanel.ts";
import type { EditorPage } from "./support/editorPage.ts";
import { required, Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const key = "sk-in-the-browser-0123456789";

/** The build without Node, in the web worker in which VS Code on the web runs its extensions. */
const inWebWorker = { "remote.extensionKind": { "wisp-local.wisp": ["web"] } };

/** Begins an answer and never ends it. */
const halfAnAnswer: Reply = (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(eventBytes([chatPiece("One, two")], false));
};

function statusBarWith(editor: EditorPage, text: string): Promise<string> {
  return until(
    `the status bar says ${text}`,
    60_000,
    () => editor.statusBar(),
    (bar) => bar.includes(text),
  );
}

/** Answers what *Connect to a Server…* asks. */
async function connect(editor: EditorPage, address: string, model: string): Promise<void> {
  await editor.pick("Enter an address");
  await editor.enter(/a key is asked for apart/, address);
  await editor.enter(/Key for http/, key);
  await editor.pick(model);
  await editor.pick(model);
  await editor.enter(/Name of the profile/, "team");
  await editor.waitForNotification("team is in use");
}

describe("the build for VS Code in a browser", () => {
  let session: Session | undefined;
  let server: FakeRoutesServer | undefined;

  afterEach(async () => {
    await session?.stop();
    await server?.[Symbol.asyncDispose]();
    session = undefined;
    server = undefined;
  });

  it("says why it has no engine, and connects to a server with a key instead, which a reload of the page leaves as it is", async () => {
    const routes = addingServer();
    const chatRoute = "POST /v1/chat/completions";
    let isSlow = false;
    const chats: Routes = {
      [chatRoute]: (request) => (isSlow ? halfAnAnswer : (routes[chatRoute]?.(request) ?? halfAnAnswer)),
    };
    server = await FakeRoutesServer.start(guarded({ ...routes, ...chats }, key));
    session = await Session.start({
      files: { "src/add.ts": "/** Sums. */\n", "src/sub.ts": "/** More sums. */\n" },
      settings: inWebWorker,
    });
    const { editor } = session;
    assert.match(await editor.waitForNotification("cannot start programs"), /Connect to a Server/);
    await editor.screenshot("browser-host-no-engine");
    await editor.clickNotificationButton("Connect to a Server");
    await connect(editor, server.origin, coder.id);
    assert.match(await statusBarWith(editor, "Wisp: team"), /Runs in this browser\./);

    await editor.open("src/add.ts", 2, 1);
    await editor.type("export function add(a: number, b: number): number {\n  return ");
    assert.equal(await editor.waitForGhostText(), "a + b;");
    await editor.screenshot("browser-host");
    const asked = server.requests.find(({ route }) => route === "POST /infill");
    assert.match(String(asked?.headers["user-agent"]), /Chrom/, "the browser itself asked");

    await editor.command("Wisp: Open Chat");
    const chat = new ChatPanel(editor.page);
    assert.equal(await chat.answerTo("Hello?"), "Hello!");
    await editor.screenshot("browser-host-chat");
    isSlow = true;
    await chat.ask("Count to three.");
    await chat.waitForText("One, two");
    await chat.type("half a thought");
    await editor.open("src/sub.ts", 1, 1);
    await editor.reload();
    isSlow = false;

    await statusBarWith(editor, "Wisp: team");
    await editor.command("Wisp: Open Chat");
    await until(
      "the chat is as it was",
      60_000,
      async () => ({ answers: await chat.answers(), draft: await chat.draft() }),
      ({ answers, draft }) => answers[0] === "Hello!" && answers.length === 2 && draft === "half a thought",
    );
    assert.match(await chat.lastQuestion(), /^Count to three/);
    assert.match((await chat.answers())[1] ?? "", /^One, two/);
    await editor.screenshot("browser-host-reloaded");
    const before = server.requests.length;
    assert.equal(await chat.answerTo("Hello again?"), "Hello!");
    await editor.open("src/sub.ts", 2, 1);
    await editor.type("export function add(a: number, b: number): number {\n  return ");
    assert.equal(await editor.waitForGhostText(), "a + b;");
    const routesSince = server.requests.slice(before).map(({ route }) => route);
    for (const route of [chatRoute, "POST /infill"]) assert.ok(routesSince.includes(route));
    assert.ok(server.requests.every(({ body }) => !JSON.stringify(body).includes(key)));
  });

  it("completes from a server of one's own, Wisp's engine, which names the page by a pattern", async () => {
    const engine = spawn(
      process.execPath,
      [
        ...["scripts/engine.ts", "serve", "--port", "0", "--model", required(e2eVariables.model)],
        ...["--context", "2048", "--allow-origin", "http://127.0.0.1:*"],
      ],
      { env: { ...process.env, WISP_TOKEN: key }, stdio: ["ignore", "pipe", "inherit"] },
    );
    try {
      const [url = ""] = (await once(createInterface(engine.stdout), "line")) as string[];
      session = await Session.start({
        files: { "src/adders.ts": adders.text },
        // What is tested is the way to the screen.
        settings: { ...inWebWorker, "wisp.suggestions.quietness": "eager", "editor.autoIndent": "none" },
      });
      const { editor } = session;
      await editor.waitForNotification("cannot start programs");
      await editor.clickNotificationButton("Connect to a Server");
      await connect(editor, url, "qwen2.5-coder");
      await statusBarWith(editor, "Wisp: team");
      await editor.open("src/adders.ts", adders.line, 1);
      await editor.type("  return value ");
      assert.match(await editor.waitForGhostText(), /\+ 5/);
      await editor.screenshot("browser-host-own-engine");
    } finally {
      engine.kill();
      if (engine.exitCode === null) await once(engine, "exit");
    }
  });

  it("says which page a server has to let ask, and what works only elsewhere", async () => {
    server = await FakeRoutesServer.start(addingServer(), { allowOrigin: undefined });
    session = await Session.start({
      files: { "src/add.ts": "/** Sums. */\n" },
      settings: {
        ...inWebWorker,
        "wisp.backend": "server",
        "wisp.server.profile": "team",
        "wisp.server.profiles": {
          team: { url: `${server.origin}/v1`, completionModel: coder.id, fim: "infill" },
        },
      },
    });
    const { editor } = session;
    await statusBarWith(editor, "Wisp: team");
    await editor.open("src/add.ts", 2, 1);
    await editor.type("export function add(a: number, b: number): number {\n  return ");
    const told = await editor.waitForNotification("CORS");
    assert.ok(told.includes(`lets pages of ${new URL(editor.page.url()).origin} ask it`), told);
    await editor.screenshot("browser-host-cors");
    await editor.command("Wisp: Find Bugs");
    assert.match(await editor.waitForNotification("needs a disk and programs"), /Find Bugs/);
    await editor.screenshot("browser-host-find-bugs");
    await editor.command("Wisp: Switch Profile");
    const profiles = editor.page.locator(".quick-input-list .monaco-list-row");
    await profiles.filter({ hasText: server.origin }).waitFor();
    assert.equal(await profiles.filter({ hasText: "This machine" }).count(), 0, "no engine is offered");
  });
});
