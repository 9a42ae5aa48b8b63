import { existsSync } from "node:fs";
import { findOnPath, run } from "./processes.ts";
import { MissingPrerequisite, step } from "./step.ts";

/** Something of the operating system that a step needs. */
export interface SystemNeed {
  /** For messages: "Chromium", "the Kerberos headers". */
  readonly what: string;
  readonly isThere: () => Promise<boolean>;
  readonly debianPackages: readonly string[];
  /** What to do where apt-get is not at hand. */
  readonly otherwise: string;
}

export function programNeed(program: string, debianPackage: string): SystemNeed {
  return {
    what: program,
    isThere: async () => (await findOnPath(program)) !== undefined,
    debianPackages: [debianPackage],
    otherwise: `Install ${program} with your system's package manager.`,
  };
}

/** Headers that the Kerberos module of VS Code's server is compiled against. */
export const kerberosHeaders: SystemNeed = {
  what: "the Kerberos headers (gssapi.h)",
  isThere: async () => process.platform === "darwin" || existsSync("/usr/include/gssapi.h"),
  debianPackages: ["libkrb5-dev"],
  otherwise:
    "Install them: Fedora `dnf install krb5-devel`, Arch `pacman -S krb5`, Alpine `apk add krb5-dev`.",
};

/**
 * Sees that every need is met: as root on Debian and its kin through apt-get, elsewhere by saying what to install.
 * @throws {MissingPrerequisite} naming each package.
 */
export async function ensureSystemNeeds(needs: readonly SystemNeed[]): Promise<void> {
  const missing: SystemNeed[] = [];
  for (const need of needs) if (!(await need.isThere())) missing.push(need);
  if (missing.length === 0) return;
  const packages = missing.flatMap((need) => need.debianPackages);
  const names = missing.map((need) => need.what).join(", ");
  const apt = await findOnPath("apt-get");
  if (apt === undefined || process.getuid?.() !== 0) {
    const aptHint = apt === undefined ? "" : `Run: sudo apt-get install -y ${packages.join(" ")}`;
    const hints = apt === undefined ? missing.map((need) => need.otherwise) : [aptHint];
    throw new MissingPrerequisite(`Missing on this machine: ${names}.`, hints.join("\n  "));
  }
  step(`Installing ${packages.join(", ")} with apt-get (for ${names})`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run(apt, ["update", "-qq"], { env });
    await run(apt, ["install", "-y", "-qq", "--no-install-recommends", ...packages], { env });
  } catch (error) {
    throw new MissingPrerequisite(
      `apt-get could not install ${packages.join(" ")}: ${error instanceof Error ? error.message : error}`,
      `Check the network and run: apt-get update && apt-get install -y ${packages.join(" ")}`,
    );
  }
  for (const need of missing) {
    if (!(await need.isThere()))
      throw new MissingPrerequisite(`Still missing: ${need.what}.`, need.otherwise);
  }
}
