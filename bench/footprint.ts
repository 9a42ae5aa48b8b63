import { stat } from "node:fs/promises";
import { join } from "node:path";
import { upToDateVsix } from "../scripts/vsix/packageVsix.ts";
import { sdkFileName } from "../scripts/vsix/sdkApart.ts";
import { hostTarget } from "../scripts/vsix/targets.ts";

export interface Footprint {
  readonly bundle: {
    /** What is read at each activation. */
    readonly bytes: number;
    /** What a server takes in addition; in older results it is part of `bytes`. */
    readonly sdkBytes?: number;
    readonly engineBytes: number;
  };
  readonly vsix: { readonly bytes: number; readonly target: string };
}

/** Sizes of the package of this machine, built from the present sources. */
export async function footprint(): Promise<Footprint> {
  const target = hostTarget();
  const { path, folder } = await upToDateVsix(target);
  const bytes = async (...parts: string[]): Promise<number> => (await stat(join(...parts))).size;
  return {
    bundle: {
      bytes: await bytes(folder, "dist", "extension.cjs"),
      sdkBytes: await bytes(folder, "dist", sdkFileName),
      engineBytes: await bytes(folder, "dist", "engine", "main.mjs"),
    },
    vsix: { bytes: await bytes(path), target: target.name },
  };
}
