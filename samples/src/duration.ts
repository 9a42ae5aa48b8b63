const secondsPerMinute = 60;
const minutesPerHour = 60;

/** Writes seconds as h:mm:ss, for example 3725 as 1:02:05. */
export function formatDuration(seconds: number): string {
  // TRY: type `const hours` below and accept line by line.

}

/** Reads h:mm:ss back into seconds. */
export function parseDuration(text: string): number {
  // TRY: type `const [hours` below.

}
