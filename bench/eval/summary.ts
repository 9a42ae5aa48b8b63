import type { Row } from "./score.ts";

/** Shares in percent with one decimal; null where there is nothing to divide. */
export interface Summary {
  readonly n: number;
  readonly shown: number | null;
  readonly exactLine: number | null;
  readonly editSimilarity: number | null;
  readonly exactBlock: number | null;
  readonly blockSimilarity: number | null;
  readonly prefixChars: number | null;
  readonly accepted: number | null;
  readonly acceptedOfShown: number | null;
  readonly savedChars: number | null;
  readonly nuisance: number | null;
  readonly identifierHit: number | null;
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
}

export function summarize(rows: readonly Row[]): Summary {
  const shown = rows.filter((row) => row.shown);
  const crossFile = rows.filter((row) => row.identifierHit !== undefined);
  const latencies = rows.flatMap((row) => row.latencyMs ?? []).sort((a, b) => a - b);
  const saved = sum(rows.map((row) => (row.accepted ? row.prefixChars : 0)));
  const prefixChars = mean(rows.map((row) => row.prefixChars));
  return {
    n: rows.length,
    shown: share(rows, (row) => row.shown),
    exactLine: share(rows, (row) => row.exactLine),
    editSimilarity: percent(mean(rows.map((row) => row.editSimilarity))),
    exactBlock: share(rows, (row) => row.exactBlock),
    blockSimilarity: percent(mean(rows.map((row) => row.blockSimilarity))),
    prefixChars: prefixChars === null ? null : Math.round(prefixChars * 10) / 10,
    accepted: share(rows, (row) => row.accepted),
    acceptedOfShown: share(shown, (row) => row.accepted),
    savedChars: percent(saved / Math.max(1, sum(rows.map((row) => row.truthChars)))),
    nuisance: share(rows, (row) => row.nuisance),
    identifierHit: share(crossFile, (row) => row.identifierHit === true),
    p50Ms: percentile(latencies, 0.5),
    p90Ms: percentile(latencies, 0.9),
  };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : sum(values) / values.length;
const percent = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 1000) / 10;
const share = (rows: readonly Row[], holds: (row: Row) => boolean): number | null =>
  percent(mean(rows.map((row) => (holds(row) ? 1 : 0))));

/** Nearest rank. */
function percentile(sorted: readonly number[], p: number): number | null {
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)];
  return value === undefined ? null : Math.round(value);
}

const columns: readonly (readonly [keyof Summary, string])[] = [
  ["n", "n"],
  ["shown", "shown %"],
  ["exactLine", "EM line %"],
  ["editSimilarity", "edit sim %"],
  ["exactBlock", "EM block %"],
  ["accepted", "accepted %"],
  ["acceptedOfShown", "of shown %"],
  ["savedChars", "saved %"],
  ["nuisance", "nuisance %"],
  ["identifierHit", "ident %"],
  ["prefixChars", "prefix ch"],
  ["p50Ms", "p50 ms"],
  ["p90Ms", "p90 ms"],
];

/** A table for the terminal: all cases, then by kind, then by language. */
export function summaryTable(rows: readonly Row[]): string {
  const groups: [string, readonly Row[]][] = [["all", rows]];
  for (const key of ["kind", "language"] as const) {
    for (const value of new Set(rows.map((row) => row[key]))) {
      groups.push([value, rows.filter((row) => row[key] === value)]);
    }
  }
  const line = (name: string, cells: readonly string[]): string =>
    name.padEnd(12) + cells.map((cell) => cell.padStart(11)).join("");
  return [
    line(
      "",
      columns.map(([, title]) => title),
    ),
    ...groups.map(([name, group]) => {
      const summary = summarize(group);
      return line(
        name,
        columns.map(([key]) => String(summary[key] ?? "-")),
      );
    }),
  ].join("\n");
}
