import type { CatalogueEntry } from "../model/catalogue.ts";
import type { DownloadProgress } from "../model/downloadProgress.ts";
import type { Fit } from "../model/recommendation.ts";
import type { StoredModel } from "../model/storedModel.ts";

/** "491 MB", "1.1 GB": decimal units, as the hub and file managers write them. */
export function sizeText(bytes: number): string {
  if (bytes >= 999_500_000) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 999_500) return `${Math.round(bytes / 1e6)} MB`;
  return `${Math.round(bytes / 1e3)} kB`;
}

export function durationText(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/** "123 MB of 491 MB, 12 MB/s, 31 s left". */
export function progressText(progress: DownloadProgress): string {
  const { phase, receivedBytes, totalBytes, bytesPerSecond, secondsLeft, elsewhere, note } = progress;
  if (note) return note;
  if (phase === "verifying") return "checking the file";
  if (phase === "waiting") return elsewhere ? "another window is at it" : "connecting";
  return [
    `${sizeText(receivedBytes)} of ${sizeText(totalBytes)}`,
    ...(bytesPerSecond > 0 ? [`${sizeText(bytesPerSecond)}/s`] : []),
    ...(secondsLeft === undefined ? [] : [`${durationText(secondsLeft)} left`]),
    ...(elsewhere ? ["in another window"] : []),
  ].join(", ");
}

const fitTexts: Readonly<Record<Fit, string>> = {
  fits: "fits this machine",
  tight: "tight: other programs hold the memory",
  "too-large": "too large for this machine's memory",
};

export interface ModelFacts {
  readonly entry: CatalogueEntry;
  readonly fit: Fit;
  /** What of it is on disk. */
  readonly stored?: Pick<StoredModel, "state" | "sizeBytes"> | undefined;
  readonly chosen: boolean;
  /** Why this one is recommended; absent for the others. */
  readonly reason?: string | undefined;
}

/** How a model reads in the list: name, what it costs, what to know. */
export function modelTexts({ entry, fit, stored, chosen, reason }: ModelFacts): {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
} {
  const description = [
    diskText(entry, stored),
    `${sizeText(entry.ramBytes)} memory`,
    entry.licence.name,
    ...(chosen ? ["in use"] : []),
  ].join(" · ");
  const detail = [
    `${fitTexts[fit][0]?.toUpperCase()}${fitTexts[fit].slice(1)}.`,
    ...(reason ? [`Recommended: ${reason}`] : []),
    ...(entry.licence.note ? [entry.licence.note] : []),
  ].join(" ");
  return {
    label: `${chosen ? "$(check) " : ""}${entry.name}${reason ? " $(star)" : ""}`,
    description,
    detail,
  };
}

function diskText(entry: CatalogueEntry, stored: ModelFacts["stored"]): string {
  switch (stored?.state) {
    case "ready":
      return `${sizeText(entry.sizeBytes)} on disk`;
    case "partial":
      return `${sizeText(stored.sizeBytes)} of ${sizeText(entry.sizeBytes)} downloaded`;
    case "damaged":
      return `damaged on disk, ${sizeText(entry.sizeBytes)} download`;
    default:
      return `${sizeText(entry.sizeBytes)} download`;
  }
}
