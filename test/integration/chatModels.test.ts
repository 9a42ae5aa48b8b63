import assert from "node:assert/strict";
import * as vscode from "vscode";
import { silentLog } from "../../src/base/log.ts";
import { ContextSize } from "../../src/chat/contextSize.ts";
import { participantHandler } from "../../src/editor/chat/chatParticipant.ts";
import { ChatSources } from "../../src/editor/chat/chatSources.ts";
import { WorkspaceIndex } from "../../src/editor/chat/workspaceIndex.ts";
import { ModelError } from "../../src/model/modelErrors.ts";
import { scriptedChat } from "../fakes/scriptedChat.ts";
import { until, wisp } from "./wisp.ts";

describe("Wisp's model in VS Code's model picker", () => {
  let model: vscode.LanguageModelChat;

  before(async () => {
    await wisp();
    model = await until("the model is offered", 25_000, async () => {
      const [found] = await vscode.lm.selectChatModels({ vendor: "wisp" });
      return found;
    });
  });

  it("has a name and a size, and counts tokens with its own vocabulary", async () => {
    assert.match(model.name, /qwen/i);
    assert.ok(model.maxInputTokens > 1000);
    const text = "function add(a, b) { return a + b; }";
    const count = await model.countTokens(text);
    assert.ok(count > 5 && count < text.length / 2, `${count} tokens`);
    assert.equal(await model.countTokens(vscode.LanguageModelChatMessage.User(text)), count);
  });

  it("streams an answer from the real model", async function () {
    this.timeout(90_000);
    const messages = [vscode.LanguageModelChatMessage.User("Say hello in one word.")];
    const response = await model.sendRequest(messages, {});
    let answer = "";
    for await (const piece of response.text) answer += piece;
    assert.match(answer, /hello|hi/i);
  });

  it("stops when it is cancelled", async function () {
    this.timeout(90_000);
    const cancel = new vscode.CancellationTokenSource();
    const messages = [vscode.LanguageModelChatMessage.User("Write a story of a thousand words.")];
    const response = await model.sendRequest(messages, {}, cancel.token);
    let pieces = 0;
    try {
      for await (const _piece of response.text) if (++pieces === 3) cancel.cancel();
    } catch (error) {
      assert.ok(error instanceof vscode.CancellationError, String(error));
    }
    assert.ok(pieces >= 3 && pieces < 100, `${pieces} pieces`);
  });
});

describe("@wisp in VS Code's own chat", () => {
  const told: string[] = [];
  const said = {
    markdown: (text: string) => told.push(text),
    progress: (text: string) => told.push(`progress: ${text}`),
    reference: (uri: vscode.Uri) => told.push(`reference: ${vscode.workspace.asRelativePath(uri)}`),
  } as unknown as vscode.ChatResponseStream;
  const token = new vscode.CancellationTokenSource().token;
  let index: WorkspaceIndex;
  let sources: ChatSources;

  before(() => {
    const mayUse = async (uri: vscode.Uri): Promise<boolean> => !uri.path.endsWith(".env");
    const find = async (): Promise<readonly vscode.Uri[]> => [];
    index = new WorkspaceIndex(() => assert.fail("nothing is searched"), { mayUse, find }, silentLog);
    sources = new ChatSources({ mayUse, findFiles: find, maskSecrets: (text) => text, index });
  });
  beforeEach(() => told.splice(0));
  after(() => index.dispose());

  const request = (fields: Partial<vscode.ChatRequest>): vscode.ChatRequest =>
    ({ prompt: "", command: undefined, references: [], ...fields }) as unknown as vscode.ChatRequest;
  const contextSize = new ContextSize({ assumed: () => 4096, modelName: () => "m" });
  const parts = { contextSize, rules: () => "Be brief.", log: silentLog };

  it("asks with the attached file, the rules and what was said before", async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    assert.ok(folder);
    const uri = vscode.Uri.joinPath(folder, "attached.ts");
    await vscode.workspace.fs.writeFile(uri, Buffer.from("export const seven = 7;\n"));
    const scripted = scriptedChat(["It is seven."]);
    const handle = participantHandler({ ...parts, model: () => scripted.model, sources });
    const history = [
      Object.assign(Object.create(vscode.ChatRequestTurn.prototype), { prompt: "Hello", references: [] }),
      Object.assign(Object.create(vscode.ChatResponseTurn.prototype), {
        response: [new vscode.ChatResponseMarkdownPart("Good day.")],
      }),
    ];
    const asked = request({ command: "explain", references: [{ id: "f", value: uri }] });
    assert.deepEqual(await handle(asked, { history }, said, token), {});
    assert.deepEqual(told, ["reference: attached.ts", "It is seven."]);
    const [{ messages } = { messages: [] }] = scripted.requests;
    assert.match(messages[0]?.content ?? "", /Be brief\./);
    assert.deepEqual(
      messages.slice(1, 3).map(({ role, content }) => `${role}: ${content}`),
      ["user: Hello", "assistant: Good day."],
    );
    assert.match(messages.at(-1)?.content ?? "", /attached\.ts[\s\S]*seven = 7[\s\S]*[Ee]xplain/);
  });

  it("shows a failure with what can be done", async () => {
    const failing = {
      ...scriptedChat([]).model,
      // biome-ignore lint/correctness/useYield: it fails before it has anything to say.
      async *chat() {
        throw new ModelError("unreachable", "Nothing answers.", "Start the server.");
      },
    };
    const handle = participantHandler({ ...parts, model: () => failing, sources });
    const result = await handle(request({ prompt: "Hi" }), { history: [] }, said, token);
    assert.deepEqual(result, { errorDetails: { message: "Nothing answers. Start the server." } });
  });

  it("names what is attached and may not be used, and explains nothing where there is nothing", async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    assert.ok(folder);
    const secret = vscode.Uri.joinPath(folder, "team.env");
    await vscode.workspace.fs.writeFile(secret, Buffer.from("NAME=value\n"));
    const references = [{ id: "f", value: secret }];
    const handle = participantHandler({ ...parts, model: () => scriptedChat(["Good day."]).model, sources });
    assert.deepEqual(await handle(request({ prompt: "Hi", references }), { history: [] }, said, token), {});
    assert.deepEqual(told, ["progress: Nothing found for: team.env.", "Good day."]);
    const explain = request({ command: "explain", references });
    const result = await handle(explain, { history: [] }, said, token);
    assert.match(result?.errorDetails?.message ?? "", /no code to look at/);
  });

  it("says that a message is longer than the model can read", async () => {
    const handle = participantHandler({ ...parts, model: () => scriptedChat([]).model, sources });
    const result = await handle(request({ prompt: "word ".repeat(9000) }), { history: [] }, said, token);
    assert.match(result?.errorDetails?.message ?? "", /longer than the model can read/);
  });
});
