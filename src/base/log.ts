/**
 * Where messages for the user's log go; VS Code's `LogOutputChannel` satisfies it.
 * Code, prompts and secrets may appear at `trace` only.
 */
export interface Log {
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export const silentLog: Log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
