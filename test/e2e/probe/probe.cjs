const { createServer } = require("node:http");
const { writeFileSync } = require("node:fs");
const vscode = require("vscode");

/**
 * Serves Wisp's API as JSON on the loopback interface and writes its port into the file that the test names. A POST
 * shows a file with the cursor at a place (both from 1): the file search behind the quick open list misses folders
 * that were just opened. Where Wisp runs in another host, which no extension here can see, it only does that.
 */
exports.activate = async (context) => {
  const portFile = process.env.WISP_E2E_PROBE;
  if (portFile === undefined) return;
  const wisp = await vscode.extensions.getExtension("wisp-local.wisp")?.activate();
  const server = createServer(async (request, response) => {
    response.setHeader("content-type", "application/json");
    try {
      if (request.method === "POST") await show(await bodyOf(request));
      const answer = wisp && { traces: wisp.traces(), status: wisp.status(), enginePid: wisp.enginePid() };
      response.end(JSON.stringify(answer ?? null));
    } catch (error) {
      response.statusCode = 500;
      response.end(JSON.stringify({ error: String(error) }));
    }
  });
  context.subscriptions.push({ dispose: () => server.close() });
  server.listen(0, "127.0.0.1", () => writeFileSync(portFile, String(server.address().port)));
};

async function bodyOf(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

async function show({ path, line, column }) {
  const at = new vscode.Position(line - 1, column - 1);
  await vscode.window.showTextDocument(vscode.Uri.file(path), {
    selection: new vscode.Range(at, at),
    preview: false,
  });
}
