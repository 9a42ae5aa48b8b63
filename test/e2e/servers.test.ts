import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeFaultyServer } from "../fakes/fakeFaultyServer.ts";
import { coder, llamaServer, vllm } from "../fakes/fakeKnownServers.ts";
import { FakeRoutesServer, replyEvents } from "../fakes/fakeRoutesServer.ts";
import { selfSigned } from "../fakes/fakeTlsServer.ts";
import { addingServer, guarded } from "./support/addingServer.ts";
import { ChatPanel } from "./support/chatPanel.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const key = "sk-end-to-end-0123456789";

describe("a server of one's own", () => {
  let session: Session | undefined;
  let server: FakeRoutesServer | undefined;

  afterEach(async () => {
    await session?.stop();
    await server?.[Symbol.asyncDispose]();
  });

  it("is connected with a key, proves itself, completes, and is shown in the status bar", async () => {
    server = await FakeRoutesServer.start(guarded(addingServer(), key));
    session = await Session.start({
      files: { "src/add.ts": "/** The sum of two numbers. */\n", "src/other.ts": "/** The same. */\n" },
    });
    const { editor } = session;
    await editor.command("Wisp: Connect to a Server");
    await editor.pick("Enter an address");
    await editor.enter(/a key is asked for apart/, server.origin);
    await editor.enter(/Key for http/, "wrong");
    await editor.enter(/does not fit/, key);
    await editor.pick(coder.id);
    await editor.pick(coder.id);
    await editor.enter(/Name of the profile/, "team");
    const told = await editor.waitForNotification("team is in use");
    assert.match(told, /completes ⟦result = width \* height⟧/);
    await editor.screenshot("server-connected");

    await until(
      "the status bar shows the profile",
      15_000,
      () => editor.statusBar(),
      (text) => text.includes("Wisp: team"),
    );
    assert.match(await editor.statusBar(), /Runs on the remote machine \(/);
    await editor.open("src/add.ts", 2, 1);
    await editor.type("export function add(a: number, b: number): number {\n  return ");
    assert.equal(await editor.waitForGhostText(), "a + b;");

    const settings = await readFile(join(session.profile.userData, "User", "settings.json"), "utf8");
    assert.match(settings, /"fim": "infill"/);
    assert.ok(!settings.includes(key) && !(await session.log()).includes(key));
    assert.ok(server.requests.every(({ body }) => !JSON.stringify(body).includes(key)));

    await using elsewhere = await FakeRoutesServer.start(addingServer());
    await session.updateSetting("wisp.server.profiles", {
      other: { url: `${elsewhere.origin}/v1`, completionModel: coder.id, fim: "infill" },
    });
    await session.updateSetting("wisp.server.profile", "other");
    await until(
      "the status bar shows the other profile",
      15_000,
      () => editor.statusBar(),
      (text) => text.includes("Wisp: other"),
    );
    await editor.open("src/other.ts", 2, 1);
    await editor.type("export function add(a: number, b: number): number {\n  return ");
    assert.equal(await editor.waitForGhostText(), "a + b;");
    assert.ok(
      elsewhere.requests.length > 0 &&
        elsewhere.requests.every(({ headers }) => headers["authorization"] === undefined),
      "the key stays with its server",
    );
  });

  it("is one of several, among which the status bar switches, each with its own models", async () => {
    const other = { id: "starcoder2:3b", family: "starcoder2" };
    server = await FakeRoutesServer.start(addingServer());
    await using laptop = await FakeRoutesServer.start(vllm(other));
    session = await Session.start({
      files: { "src/add.ts": "/** The sum of two numbers. */\n", "src/area.ts": "/** Areas. */\n" },
      settings: {
        "wisp.backend": "server",
        "wisp.server.fallback": "none",
        "wisp.server.profile": "team",
        "wisp.server.profiles": {
          team: { url: `${server.origin}/v1`, completionModel: coder.id, fim: "infill" },
          laptop: {
            url: `${laptop.origin}/v1`,
            completionModel: other.id,
            chatModel: "talks",
            fim: "template:starcoder2",
          },
        },
      },
    });
    const { editor } = session;
    const shows = (name: string): Promise<unknown> =>
      until(
        `the status bar shows ${name}`,
        30_000,
        () => editor.statusBar(),
        (text) => text.includes(`Wisp: ${name}`),
      );
    await shows("team");
    await editor.open("src/add.ts", 2, 1);
    await editor.type("export function add(a: number, b: number): number {\n  return ");
    assert.equal(await editor.waitForGhostText(), "a + b;");
    assert.equal(laptop.requests.length, 0);

    await editor.page.locator(".statusbar-item[id^='wisp-local.wisp'] a").first().click();
    await editor.pick("Switch profile");
    await editor.page.locator(".quick-input-list .monaco-list-row", { hasText: laptop.origin }).waitFor();
    await editor.screenshot("switch-profile");
    await editor.pick("laptop");
    await shows("laptop");
    const before = server.requests.length;
    await editor.open("src/area.ts", 2, 1);
    await editor.type("export function area(width: number, height: number): number {\n  return ");
    await until("the laptop's completion model is asked", 30_000, async () =>
      laptop.requests.some(
        ({ route, body }) => route === "POST /v1/completions" && body["model"] === other.id,
      ),
    );
    await editor.command("Wisp: Open Chat");
    await new ChatPanel(editor.page).answerTo("Hello?");
    const chat = laptop.requests.find(({ route }) => route === "POST /v1/chat/completions");
    assert.equal(chat?.body["model"], "talks");
    assert.equal(server.requests.length, before, "the other one is left alone");
  });

  it("is stood in for by the engine while it is away, which the status bar shows, and comes back by itself", async () => {
    const addition = [
      { content: "a + b;", stop: false },
      { content: "", stop: true, stop_type: "eos", tokens_evaluated: 9, timings: {} },
    ];
    server = await FakeRoutesServer.start({
      ...llamaServer(coder),
      "POST /infill": () => replyEvents(addition, false),
    });
    await using wire = await FakeFaultyServer.start(server.origin);
    session = await Session.start({
      files: { "src/add.ts": "/** Sums and areas. */\n" },
      settings: {
        "wisp.backend": "server",
        "wisp.server.profile": "team",
        "wisp.server.profiles": { team: { url: wire.baseUrl, completionModel: coder.id, fim: "infill" } },
      },
    });
    const { editor } = session;
    await editor.open("src/add.ts", 2, 1);
    await editor.type("export function add(a: number, b: number): number {\n  return ");
    assert.equal(await editor.waitForGhostText(), "a + b;");

    await wire.stop();
    await editor.press("Tab");
    await editor.type("\n}\n\nexport function area(width: number, height: number): number {\n  return ");
    assert.match(await editor.waitForGhostText(), /width \* height/);
    const away = await until(
      "the status bar shows who stands in",
      15_000,
      () => editor.statusBar(),
      (text) => text.includes("stands in"),
    );
    assert.match(away, /team does not answer; Qwen2\.5-Coder 0\.5B on this machine stands in/);
    await editor.screenshot("server-away");

    await wire.start();
    await editor.press("Tab");
    for (let n = 1; (await editor.statusBar()).includes("stands in"); n++) {
      assert.ok(n < 20, "the server is asked again");
      await editor.type(`\n}\n\nexport function add${n}(a: number, b: number): number {\n  return `);
      await editor.waitForGhostText();
      await editor.press("Tab");
    }
    assert.ok((await session.wisp()).status.kind === "ready");
  });

  describe("with a certificate of the company's own authority", () => {
    const day = 24 * 60 * 60_000;
    const tls = selfSigned(new Date(Date.now() - day), new Date(Date.now() + day));

    async function typeAt(origin: string, env: Readonly<Record<string, string>>): Promise<Session> {
      session = await Session.start({
        files: { "src/add.ts": "/** The sum of two numbers. */\n" },
        settings: {
          // On, VS Code trusts the system's store in place of what Node is told; a test cannot write there.
          "http.systemCertificates": false,
          "wisp.backend": "server",
          "wisp.server.fallback": "none",
          "wisp.server.profile": "team",
          "wisp.server.profiles": { team: { url: `${origin}/v1`, completionModel: coder.id, fim: "infill" } },
        },
        env,
      });
      await session.editor.open("src/add.ts", 2, 1);
      await session.editor.type("export function add(a: number, b: number): number {\n  return ");
      return session;
    }

    it("completes where VS Code is told of the authority", async () => {
      server = await FakeRoutesServer.start(addingServer(), { tls });
      const folder = await mkdtemp(join(tmpdir(), "wisp-authority-"));
      try {
        const file = join(folder, "authority.pem");
        await writeFile(file, tls.cert);
        const { editor } = await typeAt(`https://localhost:${server.port}`, { NODE_EXTRA_CA_CERTS: file });
        assert.equal(await editor.waitForGhostText(), "a + b;");
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    it("says so where it is not, and sends nothing", async () => {
      server = await FakeRoutesServer.start(addingServer(), { tls });
      const { editor } = await typeAt(`https://localhost:${server.port}`, {});
      await editor.waitForNotification(/certificate/i);
      await editor.screenshot("unknown-authority");
      assert.equal(server.requests.length, 0);
    });
  });
});
