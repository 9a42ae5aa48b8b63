export interface Bar {
  readonly label: string;
  /** One value per series; null where there is none. */
  readonly values: readonly (number | null)[];
}

const size = { width: 720, rowHeight: 16, rowGap: 10, left: 190, right: 90, top: 44 };
const colors = ["#1f77b4", "#9ecae1", "#d62728"];

/** Horizontal bars as SVG text, the series of one label below each other. */
export function barChart(
  title: string,
  unit: string,
  series: readonly string[],
  bars: readonly Bar[],
): string {
  const most = Math.max(1e-9, ...bars.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const width = size.width - size.left - size.right;
  const step = series.length * size.rowHeight + size.rowGap;
  const height = size.top + bars.length * step + 10;
  const legend = series.map(
    (name, index) =>
      `<rect x="${size.left + index * 150}" y="24" width="10" height="10" fill="${colors[index]}"/>` +
      text(size.left + index * 150 + 16, 33, name),
  );
  const rows = bars.flatMap(({ label, values }, row) => {
    const y = size.top + row * step;
    const marks = values.map((value, index) => {
      const top = y + index * size.rowHeight;
      if (value === null) return text(size.left + 4, top + 11, "none");
      const length = Math.max(1, Math.round((width * value) / most));
      return (
        `<rect x="${size.left}" y="${top}" width="${length}" height="${size.rowHeight - 3}" fill="${colors[index]}"/>` +
        text(size.left + length + 6, top + 11, `${shortNumber(value)} ${unit}`)
      );
    });
    return [text(8, y + 12, label), ...marks];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(8, 16, title, true),
    ...legend,
    ...rows,
    "</svg>\n",
  ].join("\n");
}

export function shortNumber(value: number): string {
  if (value === 0 || Math.abs(value) >= 100) return value.toFixed(0);
  return value.toPrecision(3).replace(/\.?0+$/, "");
}

function text(x: number, y: number, content: string, bold = false): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}"${bold ? ' font-weight="bold"' : ""} fill="#222222">${escaped}</text>`;
}
