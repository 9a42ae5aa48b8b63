import { runCommand } from "./support/command.ts";
import { packageVsix } from "./vsix/packageVsix.ts";
import { findTarget, hostTarget, vsixTargets } from "./vsix/targets.ts";

const usage = `Builds the VSIX of this machine, or of --target T (${vsixTargets.map((t) => t.name).join(", ")}, all).`;

const options = {
  target: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

await runCommand(usage, { options }, async ({ values }) => {
  const targets =
    values.target === "all" ? vsixTargets : [values.target ? findTarget(values.target) : hostTarget()];
  for (const target of targets) console.log((await packageVsix(target)).path);
  return 0;
});
