import type { DownloadProgress, OnProgress } from "../../src/model/downloadProgress.ts";
import { megabytes, step } from "./step.ts";

const barWidth = 24;

/** Shows a download on standard error: a bar on a terminal, elsewhere a line at each tenth. */
export function progressReporter(name: string, stream: NodeJS.WriteStream = process.stderr): OnProgress {
  return stream.isTTY ? bar(name, stream) : tenths(name);
}

function bar(name: string, stream: NodeJS.WriteStream): OnProgress {
  return (progress) => {
    const share = shareOf(progress);
    const filled = Math.round(share * barWidth);
    const drawn = "█".repeat(filled) + "░".repeat(barWidth - filled);
    const text = `${name} ${drawn} ${Math.floor(100 * share)} % ${detail(progress)}`;
    const isDone = progress.phase === "verifying" && share === 1;
    stream.write(`\r\x1b[K${text.slice(0, Math.max(20, stream.columns - 1))}${isDone ? "\n" : ""}`);
  };
}

function tenths(name: string): OnProgress {
  let said = "";
  return (progress) => {
    const tenth = Math.floor(10 * shareOf(progress));
    const key = progress.phase === "waiting" ? (progress.note ?? "") : `${progress.phase} ${tenth}`;
    if (key === said || key === "") return;
    said = key;
    if (progress.phase === "waiting") step(`${name}: ${progress.note}`);
    else if (progress.phase === "downloading") step(`${name}: ${10 * tenth} % ${detail(progress)}`);
    else if (tenth === 10) step(`${name}: checksum computed`);
  };
}

function shareOf(progress: DownloadProgress): number {
  return progress.totalBytes > 0 ? Math.min(1, progress.receivedBytes / progress.totalBytes) : 0;
}

function detail(progress: DownloadProgress): string {
  const where = progress.elsewhere ? ", by another process" : "";
  if (progress.phase === "waiting") return (progress.note ?? "waiting") + where;
  if (progress.phase === "verifying") return `checking the checksum${where}`;
  const left = progress.secondsLeft === undefined ? "" : `, ${duration(progress.secondsLeft)} left`;
  const speed = progress.bytesPerSecond > 0 ? `, ${megabytes(progress.bytesPerSecond)}/s` : "";
  return `of ${megabytes(progress.totalBytes)}${speed}${left}${where}`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
