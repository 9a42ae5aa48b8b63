import { parseArgs } from "node:util";
import { runMain, UsageError } from "./support/step.ts";
import { bundleIntegrationTests, runIntegration } from "./testing/integrationSuite.ts";
import { closingLine } from "./testing/totals.ts";

const hosts = ["desktop", "code-server"];

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      /** Only bundle the tests, for the debugger's launch configuration. */
      "build-only": { type: "boolean", default: false },
      /** "desktop" or "code-server". */
      host: { type: "string" },
      /** A version of VS Code, "stable", or "floor". */
      "vscode-version": { type: "string", default: "stable" },
    },
  });
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
