import type { FindResult, FixOutcome, FixResultRow, ResultRow } from "./results.ts";

/** The figures of a run as a Markdown table; every share carries its 95 % interval (Wilson). */
export function bugReport(rows: readonly ResultRow[], samples: number): string {
  const finds = rows.filter((row): row is FindResult => row.kind === "find");
  const fixes = rows.filter((row): row is FixResultRow => row.kind === "fix");
  const lines = ["| | |", "|---|---|"];
  const put = (name: string, value: string): void => void lines.push(`| ${name} | ${value} |`);
  if (finds.length > 0) {
    const findings = finds.flatMap((row) => row.findings);
    put("Find Bugs: cases", String(finds.length));
    put("bug located (recall)", share(count(finds, hasHit), finds.length));
    put(
      "findings on a wrong line (precision)",
      share(
        count(findings, ({ hit }) => hit),
        findings.length,
      ),
    );
    const told = findings.filter(({ mends }) => mends !== undefined);
    if (told.length > 0)
      put(
        "findings of which the expected line passes all tests",
        share(
          count(told, ({ mends }) => mends === true),
          told.length,
        ),
      );
    const clean = finds.filter(({ falseAlarms }) => falseAlarms !== undefined);
    if (clean.length > 0) {
      const alarmed = count(clean, ({ falseAlarms = 0 }) => falseAlarms > 0);
      put("programs without a bug in which one is reported", share(alarmed, clean.length));
    }
    put("findings per case", (findings.length / finds.length).toFixed(2));
    const dropped = (key: keyof FindResult["counts"]): number =>
      finds.reduce((sum, row) => sum + row.counts[key], 0);
    put(
      "reports dropped before they are shown",
      `${dropped("reported") - findings.length} of ${dropped("reported")}: ${dropped("notInTheCode")} not in the code, ${dropped("refuted")} refuted`,
    );
    put("seconds per case", middle(finds.map(({ seconds }) => seconds)));
  }
  if (fixes.length > 0) {
    const first = count(fixes, ({ candidates }) => candidates[0] === true);
    put("Fix Bug: cases", String(fixes.length));
    put("raw pass@1 (greedy, no checks)", share(first, fixes.length));
    put(
      `raw pass@${samples}`,
      share(
        count(fixes, ({ candidates }) => candidates.includes(true)),
        fixes.length,
      ),
    );
    putOutcome(
      put,
      "form only",
      fixes.map(({ plain }) => plain),
    );
    const checked = fixes.flatMap(({ checked: one }) => one ?? []);
    if (checked.length > 0) putOutcome(put, "with a check command", checked);
    put("seconds per case, all candidates", middle(fixes.map(({ seconds }) => seconds)));
  }
  return lines.join("\n");
}

function putOutcome(
  put: (name: string, value: string) => void,
  name: string,
  outcomes: readonly FixOutcome[],
): void {
  const shown = outcomes.filter((outcome) => outcome.shown);
  const held = outcomes.reduce((sum, { heldBack }) => sum + heldBack, 0);
  const wrongly = outcomes.reduce((sum, { heldBackWrongly }) => sum + heldBackWrongly, 0);
  put(`${name}: a fix is shown`, share(shown.length, outcomes.length));
  put(
    `${name}: shown fixes that pass all tests`,
    share(
      count(shown, ({ passes }) => passes),
      shown.length,
    ),
  );
  put(`${name}: held back that would have failed`, share(held - wrongly, held));
}

function hasHit({ findings }: FindResult): boolean {
  return findings.some(({ hit }) => hit);
}

function count<T>(list: readonly T[], is: (item: T) => boolean): number {
  return list.filter(is).length;
}

function share(part: number, total: number): string {
  if (total === 0) return "none";
  const [low, high] = wilson(part, total);
  const percent = (value: number): string => (value * 100).toFixed(0);
  return `${((part / total) * 100).toFixed(1)} % (${part} of ${total}; ${percent(low)} to ${percent(high)} %)`;
}

/** The 95 % score interval of a share (Wilson 1927), which stays sound for few cases and shares near 0 and 1. */
export function wilson(part: number, total: number): readonly [number, number] {
  const z = 1.96;
  const p = part / total;
  const scale = 1 + z ** 2 / total;
  const centre = (p + z ** 2 / (2 * total)) / scale;
  const half = (z / scale) * Math.sqrt((p * (1 - p)) / total + z ** 2 / (4 * total ** 2));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

function middle(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (place: number): string => (sorted[Math.floor(place * (sorted.length - 1))] ?? 0).toFixed(1);
  return `median ${at(0.5)}, 90th percentile ${at(0.9)}`;
}
