const { createServer } = require("node:http");
const { writeFileSync } = require("node:fs");
const vscode = require("vscode");

/**
 * Serves Wisp's API as JSON on the loopback interface and writes its port into the file that the test names. `trace`
 * and `work` in the query are numbers of what is known already; `only=work` leaves all out but the engine's work. A POST runs a command, changes a
 * setting, registers a provider of inline completions that has none, or shows a file with the cursor at a place (both from 1): the file search behind the quick open list misses folders
 * that were just opened. Where Wisp runs in another host, which no extension here can see, it only does that.
 */
exports.activate = async (context) => {
  const portFile = process.env.WISP_E2E_PROBE;
  if (portFile === undefined) return;
  // Absent where the bench measures the editor without it.
  const wisp = await vscode.extensions.getExtension("wisp-local.wisp")?.activate();
  const server = createServer(async (request, response) => {
    response.setHeader("content-type", "application/json");
    try {
      if (request.method === "POST") await act(await bodyOf(request));
      const query = new URL(request.url, "http://probe").searchParams;
      const known = { work: Number(query.get("work") ?? 0), trace: Number(query.get("trace") ?? 0) };
      if (query.get("only") === "work") {
        response.end(JSON.stringify({ engineWork: (await wisp?.engineWork(known.work)) ?? [] }));
        return;
      }
      response.end(JSON.stringify({ host: hostFigures(), ...(wisp && (await told(wisp, known))) }));
    } catch (error) {
      response.statusCode = 500;
      response.end(JSON.stringify({ error: String(error) }));
    }
  });
  context.subscriptions.push({ dispose: () => server.close() });
  server.listen(0, "127.0.0.1", () => writeFileSync(portFile, String(server.address().port)));
};

async function told(wisp, known) {
  return {
    traces: wisp.traces().filter(({ id }) => id > known.trace),
    status: wisp.status(),
    enginePid: wisp.enginePid(),
    work: wisp.work(),
    engineWork: await wisp.engineWork(known.work),
    activationMs: wisp.activationMs(),
  };
}

/** CPU seconds and bytes of the extension host's own process. */
function hostFigures() {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage().rss };
}

async function bodyOf(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

async function act({ path, line, column, setting, command, provider }) {
  if (provider !== undefined) {
    const provideInlineCompletionItems = () => [];
    vscode.languages.registerInlineCompletionItemProvider(
      { pattern: "**" },
      { provideInlineCompletionItems },
    );
    return;
  }
  if (command !== undefined) {
    await vscode.commands.executeCommand(command.id, ...command.args);
    return;
  }
  if (setting !== undefined) {
    await vscode.workspace
      .getConfiguration()
      .update(setting.key, setting.value, vscode.ConfigurationTarget.Global);
    return;
  }
  if (path.endsWith(".ipynb")) {
    await vscode.window.showNotebookDocument(
      await vscode.workspace.openNotebookDocument(vscode.Uri.file(path)),
    );
    return;
  }
  const at = new vscode.Position(line - 1, column - 1);
  await vscode.window.showTextDocument(vscode.Uri.file(path), {
    selection: new vscode.Range(at, at),
    preview: false,
  });
}
