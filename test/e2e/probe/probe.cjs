const { createServer } = require("node:http");
const { writeFileSync } = require("node:fs");
const vscode = require("vscode");

/** Serves Wisp's API as JSON on the loopback interface and writes its port into the file that the test names. */
exports.activate = async (context) => {
  const portFile = process.env.WISP_E2E_PROBE;
  if (portFile === undefined) return;
  const wisp = await vscode.extensions.getExtension("wisp-local.wisp").activate();
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ traces: wisp.traces(), status: wisp.status(), enginePid: wisp.enginePid() }),
    );
  });
  context.subscriptions.push({ dispose: () => server.close() });
  server.listen(0, "127.0.0.1", () => writeFileSync(portFile, String(server.address().port)));
};
