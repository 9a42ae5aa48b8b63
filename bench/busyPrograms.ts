import { type ChildProcess, spawn } from "node:child_process";
import { constants, setPriority } from "node:os";

/** Programs that each take a core without a pause, at the usual priority, as a language server at work does. */
export class BusyPrograms {
  readonly #programs: readonly ChildProcess[];

  constructor(count: number) {
    this.#programs = Array.from({ length: count }, () => {
      const program = spawn(process.execPath, ["-e", "for(;;);"], { stdio: "ignore" });
      // Of the one who starts them else.
      if (program.pid !== undefined) setPriority(program.pid, constants.priority.PRIORITY_NORMAL);
      return program;
    });
  }

  stop(): void {
    for (const program of this.#programs) program.kill("SIGKILL");
  }
}
