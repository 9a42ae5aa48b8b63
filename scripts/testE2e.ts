import { runMain } from "./support/step.ts";
import { runE2e } from "./testing/e2eSuite.ts";
import { closingLine } from "./testing/totals.ts";

/** Further arguments go to mocha, for example `npm run test:e2e -- --grep ghost`. */
await runMain(async () => {
  const totals = await runE2e(process.argv.slice(2));
  console.log(closingLine(totals));
  return totals.failed === 0 ? 0 : 1;
});
