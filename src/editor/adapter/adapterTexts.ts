import { basename } from "node:path";
import type { Verdict } from "../../model/adaptations.ts";

/** The setting with another adapter for one folder, or for all windows without a folder; an empty path is none. */
export function adaptersWith(
  adapters: Readonly<Record<string, string>>,
  folder: string | undefined,
  path: string,
): Record<string, string> {
  const key = folder ?? "*";
  const { [key]: _, ...others } = adapters;
  // "None" has to be said only where an adapter for every folder would come in its place.
  return path === "" && (key === "*" || !others["*"]) ? others : { ...others, [key]: path };
}

export function placeName(folder: string | undefined): string {
  return folder === undefined
    ? "every folder without an adapter of its own"
    : `the folder ${basename(folder)}`;
}

export function verdictText({ cases, before, after, isBetter }: Verdict): string {
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  const figures = `${percent(before)} → ${percent(after)} of ${cases} later lines right`;
  return isBetter ? `recommended: ${figures}` : `not better beyond chance: ${figures}`;
}

/** What the user agrees to before anything is downloaded or trained. */
export function consentText(places: { readonly output: string; readonly environment: string }): string {
  return [
    "Wisp's lab takes the code that is committed in this folder as it was some days or weeks ago, trains a LoRA adapter on it, and then judges the adapter on lines that were committed since. You are asked again before it is used.",
    "Nothing of your code leaves this machine. The first time, uv downloads the lab's Python packages with PyTorch: about 3 GB from PyPI, 6 GB on disk.",
    "It takes half an hour or more on a processor with few cores, and less with many or with an NVIDIA GPU. It runs as a task in the terminal: Ctrl+C there stops it, and the same command goes on later.",
    `Results: ${places.output}\nPackages: ${places.environment}`,
  ].join("\n\n");
}
