import { runCommand } from "./support/command.ts";
import { UsageError } from "./support/step.ts";
import { bundleIntegrationTests, runIntegration } from "./testing/integrationSuite.ts";
import { closingLine } from "./testing/totals.ts";

const hosts = ["desktop", "code-server"];

const usage = `usage: npm run test:integration -- [options]

Runs the tests of test/integration in the extension host of real VS Code.

  --host HOST            ${hosts.join(" or ")}; desktop unless there is no display
  --vscode-version V     of the desktop: a version, stable (default), or floor, the oldest that Wisp supports
  --build-only           only bundles the tests, for the debugger
`;

const options = {
  "build-only": { type: "boolean", default: false },
  host: { type: "string" },
  "vscode-version": { type: "string", default: "stable" },
} as const;

await runCommand(usage, { options }, async ({ values }) => {
  if (values["build-only"]) {
    await bundleIntegrationTests();
    return 0;
  }
  if (values.host !== undefined && !hosts.includes(values.host))
    throw new UsageError(`There is no host "${values.host}". Hosts: ${hosts.join(", ")}.`);
  const totals = await runIntegration({ host: values.host, vscodeVersion: values["vscode-version"] });
  console.log(closingLine(totals));
  return totals.failed === 0 ? 0 : 1;
});
