import { UsageError } from "../support/step.ts";

/** A platform that a VSIX is built for, and the package that carries node-llama-cpp's addon for it. */
export interface VsixTarget {
  readonly name: string;
  /** Undefined: the package holds no engine and works with servers only. */
  readonly enginePackage?: string;
}

export const vsixTargets: readonly VsixTarget[] = [
  { name: "linux-x64", enginePackage: "@node-llama-cpp/linux-x64" },
  { name: "linux-arm64", enginePackage: "@node-llama-cpp/linux-arm64" },
  { name: "darwin-arm64", enginePackage: "@node-llama-cpp/mac-arm64-metal" },
  { name: "darwin-x64", enginePackage: "@node-llama-cpp/mac-x64" },
  { name: "win32-x64", enginePackage: "@node-llama-cpp/win-x64" },
  { name: "win32-arm64", enginePackage: "@node-llama-cpp/win-arm64" },
  // Installed where no other target fits (Alpine, 32-bit ARM, the web's remote hosts on other systems).
  { name: "universal" },
];

export function findTarget(name: string): VsixTarget {
  const target = vsixTargets.find((candidate) => candidate.name === name);
  if (target) return target;
  const known = vsixTargets.map((candidate) => candidate.name).join(", ");
  throw new UsageError(`There is no target "${name}". Targets: ${known}.`);
}

/** The target of this machine; the universal one where no addon is published. */
export function hostTarget(): VsixTarget {
  const name = `${process.platform}-${process.arch}`;
  return vsixTargets.find((candidate) => candidate.name === name) ?? findTarget("universal");
}
