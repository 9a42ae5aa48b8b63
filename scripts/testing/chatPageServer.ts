import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as esbuild from "esbuild";
import { chatPage } from "../../src/chat/chatPage.ts";
import { repoRoot } from "../support/repo.ts";

export interface ChatPageServer {
  readonly origin: string;
  /** Paths that were asked for, in their order. */
  readonly requests: string[];
  close(): void;
}

/** Serves the chat's page as the editor does, with its policy, on the loopback interface. */
export async function startChatPage(): Promise<ChatPageServer> {
  const built = await esbuild.build({
    absWorkingDir: repoRoot,
    entryPoints: [
      { in: "media/chat/main.ts", out: "main" },
      { in: "media/chat/chat.css", out: "main" },
    ],
    bundle: true,
    format: "iife",
    outdir: "/",
    write: false,
  });
  const files = new Map(
    built.outputFiles.map((file) => [file.path.slice(file.path.lastIndexOf("/")), file.text]),
  );
  const requests: string[] = [];
  const types = new Map([
    ["css", "text/css"],
    ["js", "text/javascript"],
  ]);
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://page").pathname;
    requests.push(path);
    const type = types.get(path.slice(path.lastIndexOf(".") + 1)) ?? "text/html";
    const html = chatPage({ nonce: "test", script: "/main.js", style: "/main.css", source: origin() });
    const body = path === "/" ? html : files.get(path);
    response
      .writeHead(body === undefined ? 404 : 200, { "content-type": `${type}; charset=utf-8` })
      .end(body);
  });
  const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { origin: origin(), requests, close: () => server.close() };
}
