import { appendFile, mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Finding, FindingCounts } from "../../src/assist/bugFinder.ts";

/** What Find Bugs said about one case. */
export interface FindResult {
  readonly kind: "find";
  readonly id: string;
  readonly findings: readonly (Pick<Finding, "message" | "severity" | "confidence"> & {
    /** First and last line, from 1. */
    readonly lines: readonly [number, number];
    /** Lies on a wrong line. */
    readonly hit: boolean;
    /** With what it says would be expected the program passes all tests; absent where it says nothing. */
    readonly mends?: boolean;
  })[];
  readonly counts: FindingCounts;
  /** Findings in the version without the bug, where the case has one. */
  readonly falseAlarms?: number;
  /** What they said. */
  readonly alarms?: readonly Pick<Finding, "message" | "confidence">[];
  readonly seconds: number;
}

/** What a user would have seen of a fix. */
export interface FixOutcome {
  readonly shown: boolean;
  /** The shown fix passes all tests. */
  readonly passes: boolean;
  /** Candidates that a check refused. */
  readonly heldBack: number;
  /** Of those, how many would have passed all tests. */
  readonly heldBackWrongly: number;
  readonly notes: readonly string[];
}

/** What Fix Bug did about one case. */
export interface FixResultRow {
  readonly kind: "fix";
  readonly id: string;
  /** Whether each different candidate passes all tests, in the order in which they came; the first is greedy. */
  readonly candidates: readonly boolean[];
  /** With the checks that need nothing from the user. */
  readonly plain: FixOutcome;
  /** With the case's check command besides. */
  readonly checked?: FixOutcome;
  /** Until every candidate was there and had been checked. */
  readonly seconds: number;
}

export type ResultRow = FindResult | FixResultRow;

/** A file of results, one per line, that an interrupted run goes on with. */
export class ResultFile {
  readonly #file: string;
  readonly rows: ResultRow[];

  private constructor(file: string, rows: ResultRow[]) {
    this.#file = file;
    this.rows = rows;
  }

  /**
   * @param setup what the results depend on.
   * @throws when the file was begun with another setup.
   */
  static async open(file: string, setup: Readonly<Record<string, unknown>>): Promise<ResultFile> {
    const text = await readOr(file, "");
    // A line that an interruption cut off has no line end.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole.length < text.length) await truncate(file, Buffer.byteLength(whole));
    const setupFile = `${file.replace(/\.jsonl$/, "")}.setup.json`;
    const wanted = `${JSON.stringify(setup, null, 1)}\n`;
    if (whole === "") {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(setupFile, wanted);
    } else if ((await readOr(setupFile, "")) !== wanted)
      throw new Error(`${file} was begun with another setup (${setupFile}); choose another --out.`);
    const lines = whole.split("\n").filter((line) => line !== "");
    return new ResultFile(
      file,
      lines.map((line) => JSON.parse(line) as ResultRow),
    );
  }

  has(kind: ResultRow["kind"], id: string): boolean {
    return this.rows.some((row) => row.kind === kind && row.id === id);
  }

  async add(row: ResultRow): Promise<void> {
    await appendFile(this.#file, `${JSON.stringify(row)}\n`);
    this.rows.push(row);
  }
}

async function readOr(file: string, missing: string): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return missing;
    throw error;
  });
}
