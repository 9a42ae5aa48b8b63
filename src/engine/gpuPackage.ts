import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Log } from "../base/log.ts";
import type { EngineConfig } from "./protocol.ts";

/**
 * Lets node-llama-cpp, which looks for its GPU packages among the modules beside it, find one that lies elsewhere. It takes
 * the package only in its own version, and only where the system has the driver.
 */
export function provideGpuPackage({ name, folder }: NonNullable<EngineConfig["gpuPackage"]>, log: Log): void {
  if (typeof registerHooks !== "function") {
    log.warn("The GPU package is not used: this editor's Node.js is too old for it.");
    return;
  }
  const { href: url } = pathToFileURL(join(folder, "dist", "index.js"));
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === name ? { url, shortCircuit: true } : next(specifier, context),
  });
}

/** Why no GPU is used though the package is there. @param isLoaded whether its build of llama.cpp could be loaded */
export function withoutDevices(isLoaded: boolean): string {
  return isLoaded
    ? "llama.cpp has found no GPU that it can use; it needs a driver for Vulkan."
    : "its build of llama.cpp could not be loaded: the driver's loader (libvulkan) or a file of the package may be missing.";
}
