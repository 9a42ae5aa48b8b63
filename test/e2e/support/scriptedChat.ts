import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { chatPiece, FakeOpenAiServer, json, stream } from "../../fakes/fakeOpenAiServer.ts";

const run = promisify(execFile);

export type Messages = readonly { readonly content: string }[];

/** A server whose one model, `scripted`, gives the answer that `answerTo` makes of the chat's messages, first to last. */
export function startScriptedChat(
  answerTo: (messages: Messages) => string | Promise<string>,
): Promise<FakeOpenAiServer> {
  return FakeOpenAiServer.start(async (response, request) => {
    if (request.path.endsWith("/models"))
      return json(200, { object: "list", data: [{ id: "scripted", object: "model" }] })(response, request);
    if (request.method !== "POST") return json(404, { error: { message: "not found" } })(response, request);
    const answer = await answerTo((request.body["messages"] ?? []) as Messages);
    return stream([chatPiece(answer), chatPiece("", "stop")])(response, request);
  });
}

/** Settings with which Wisp asks such a server, and nothing but chat and commands asks. */
export function scriptedSettings(server: FakeOpenAiServer): Readonly<Record<string, unknown>> {
  return {
    "wisp.backend": "server",
    "wisp.server.url": server.baseUrl,
    "wisp.server.completionModel": "scripted",
    "wisp.server.fimTemplate": "suffix",
    "wisp.server.fallback": "none",
    "wisp.enabled": false,
  };
}

/** Commits what is in a workspace to a new repository and then changes one file, for {@link Session.start}. */
export function committedBut(file: string, text: string): (workspace: string) => Promise<void> {
  return async (workspace) => {
    const git = (...args: string[]) => run("git", args, { cwd: workspace });
    await git("init", "--quiet");
    await git("add", ".");
    const author = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
    await git(...author, "commit", "--quiet", "--no-gpg-sign", "-m", "begin");
    await writeFile(join(workspace, file), text);
  };
}
