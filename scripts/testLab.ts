import { runMain } from "./support/step.ts";
import { runLab } from "./testing/labSuite.ts";
import { closingLine } from "./testing/totals.ts";

await runMain(async () => {
  const totals = await runLab(process.argv.slice(2));
  console.log(closingLine(totals));
  return totals.failed === 0 ? 0 : 1;
});
