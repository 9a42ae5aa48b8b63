import { ensureLabEnvironment, runUv } from "./lab/uv.ts";
import { runMain } from "./support/step.ts";

await runMain(async () => {
  await ensureLabEnvironment();
  return (await runUv(["run", "--no-sync", "wisp-lab", ...process.argv.slice(2)])) ?? 1;
});
