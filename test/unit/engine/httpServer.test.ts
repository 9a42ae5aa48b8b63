import assert from "node:assert/strict";
import { Hono } from "hono";
import { serveHttp } from "../../../src/engine/httpServer.ts";

describe("the engine's HTTP server", () => {
  const token = "right";
  const app = new Hono();
  app.get("/v1/models", (c) => c.json({ data: [] }));
  app.post("/v1/echo", async (c) => c.text(await c.req.text()));
  let server: Awaited<ReturnType<typeof serveHttp>>;
  beforeEach(async () => {
    server = await serveHttp({ app, host: "127.0.0.1", port: 0, token });
  });
  afterEach(() => server.close());

  const asked = (path: string, authorization?: string, body?: string): Promise<Response> =>
    fetch(server.url + path, {
      headers: authorization === undefined ? {} : { authorization },
      ...(body !== undefined && { method: "POST", body }),
    });

  it("answers those who know the token, and nobody else", async () => {
    assert.equal((await asked("/models", "Bearer right")).status, 200);
    for (const wrong of [undefined, "", "right", "Bearer wrong", "Bearer right2"]) {
      const response = await asked("/models", wrong);
      assert.equal(response.status, 401, String(wrong));
      assert.match(await response.text(), /"unauthorized"/);
    }
  });

  it("passes bodies through, and refuses one of more than 16 MiB", async () => {
    assert.equal(await (await asked("/echo", "Bearer right", "€")).text(), "€");
    const large = await asked("/echo", "Bearer right", "x".repeat(16 * 1024 * 1024 + 1));
    assert.equal(large.status, 413);
  });

  it("lets web pages ask only where they are named, and with the token", async () => {
    const origin = "https://editor.example.com";
    const preflight = (url: string, from: string): Promise<Response> =>
      fetch(`${url}/models`, {
        method: "OPTIONS",
        headers: { origin: from, "access-control-request-method": "POST" },
      });
    const allowed = (response: Response): string | null =>
      response.headers.get("access-control-allow-origin");
    assert.equal(allowed(await preflight(server.url, origin)), null);
    const open = await serveHttp({ app, host: "127.0.0.1", port: 0, token, allowedOrigins: [origin] });
    try {
      assert.equal(allowed(await preflight(open.url, origin)), origin);
      assert.equal(allowed(await preflight(open.url, "https://elsewhere.example.com")), null);
      const headers = { origin, authorization: "Bearer right" };
      const answer = await fetch(`${open.url}/models`, { headers });
      assert.equal(answer.status, 200);
      assert.equal(allowed(answer), origin);
      assert.equal((await fetch(`${open.url}/models`, { headers: { origin } })).status, 401);
    } finally {
      open.close();
    }
  });

  it("lets pages ask whose origin is named but for a part, and no other", async () => {
    const allowedOrigins = ["https://*.vscode-cdn.net", "http://localhost:*"];
    const open = await serveHttp({ app, host: "127.0.0.1", port: 0, token, allowedOrigins });
    const named = async (origin: string): Promise<boolean> => {
      const answer = await fetch(`${open.url}/models`, {
        headers: { origin, authorization: "Bearer right" },
      });
      const told = answer.headers.get("access-control-allow-origin");
      assert.ok(told === null || told === origin, String(told));
      return told !== null;
    };
    try {
      for (const origin of ["https://v--1abc.vscode-cdn.net", "http://localhost:3000"])
        assert.equal(await named(origin), true, origin);
      for (const origin of [
        "https://vscode-cdn.net",
        "http://v--1abc.vscode-cdn.net",
        "https://v--1abc.vscode-cdn.net.example.com",
        "https://example.com/.vscode-cdn.net",
        "https://v--1abc-vscode-cdn.net",
        "https://example.com#.vscode-cdn.net",
        "https://example.com?.vscode-cdn.net",
        "http://localhostile:80",
        "null",
      ])
        assert.equal(await named(origin), false, origin);
    } finally {
      open.close();
    }
  });

  it("lets every page ask where that is said", async () => {
    const open = await serveHttp({ app, host: "127.0.0.1", port: 0, token, allowedOrigins: ["*"] });
    try {
      const origin = "https://anywhere.example.com";
      const answer = await fetch(`${open.url}/models`, { headers: { origin } });
      assert.equal(answer.headers.get("access-control-allow-origin"), origin);
      assert.equal(answer.status, 401);
    } finally {
      open.close();
    }
  });

  it("fails with the system's code where the port is in use", async () => {
    const port = Number(new URL(server.url).port);
    await assert.rejects(serveHttp({ app, host: "127.0.0.1", port, token }), { code: "EADDRINUSE" });
  });
});
