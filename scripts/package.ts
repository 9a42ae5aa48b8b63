import { parseArgs } from "node:util";
import { runMain } from "./support/step.ts";
import { packageVsix } from "./vsix/packageVsix.ts";
import { findTarget, hostTarget, vsixTargets } from "./vsix/targets.ts";

const usage = `Builds the VSIX of this machine, or of --target T (${vsixTargets.map((t) => t.name).join(", ")}, all).`;

await runMain(async () => {
  const { values } = parseArgs({
    options: { target: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const targets =
    values.target === "all" ? vsixTargets : [values.target ? findTarget(values.target) : hostTarget()];
  for (const target of targets) console.log((await packageVsix(target)).path);
  return 0;
});
