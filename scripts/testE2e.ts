import { asksForHelp } from "./support/command.ts";
import { runMain } from "./support/step.ts";
import { runE2e } from "./testing/e2eSuite.ts";
import { closingLine } from "./testing/totals.ts";

const usage = `usage: npm run test:e2e -- [mocha's options]

Types into real VS Code, with the packaged extension and the real model in it. Screenshots go to out/screenshots.

  --grep TEXT    only the suites and tests whose names hold TEXT
`;

await runMain(async () => {
  if (asksForHelp()) {
    console.log(usage);
    return 0;
  }
  const totals = await runE2e(process.argv.slice(2));
  console.log(closingLine(totals));
  return totals.failed === 0 ? 0 : 1;
});
