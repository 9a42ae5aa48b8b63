import { asksForHelp } from "./support/command.ts";
import { runMain } from "./support/step.ts";
import { runLab, skipLabVariable } from "./testing/labSuite.ts";
import { closingLine } from "./testing/totals.ts";

const usage = `usage: npm run test:lab -- [pytest's options]

Runs the lab's tests in its locked environment, which is some 3 GB to get once. ${skipLabVariable}=1 leaves them out.

  -k EXPRESSION    only the tests whose names fit
`;

await runMain(async () => {
  if (asksForHelp()) {
    console.log(usage);
    return 0;
  }
  const totals = await runLab(process.argv.slice(2));
  console.log(closingLine(totals));
  return totals.failed === 0 ? 0 : 1;
});
