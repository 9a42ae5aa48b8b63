import { drawText, lineHeight, textWidth } from "./pixelFont.ts";
import { Raster } from "./png.ts";
import type { CoveragePoint } from "./riskCoverage.ts";

const size = { width: 720, height: 480 };
const plot = { left: 70, top: 40, right: 690, bottom: 420 };
const ink = { axis: "#444444", grid: "#dddddd" };

const curves: readonly { name: string; color: string; of: (point: CoveragePoint) => number }[] = [
  { name: "accepted of shown", color: "#1f77b4", of: (point) => point.acceptedOfShown },
  { name: "accepted of all", color: "#2ca02c", of: (point) => point.acceptedOfAll },
  { name: "nuisance of all", color: "#d62728", of: (point) => point.nuisanceOfAll },
];

const xOf = (share: number): number => Math.round(plot.left + share * (plot.right - plot.left));
const yOf = (share: number): number => Math.round(plot.bottom - share * (plot.bottom - plot.top));
const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
const label = (share: number): string => `${Math.round(share * 100)}%`;
const coverageLabel = "shown (share of all cases)";

export function coveragePng(points: readonly CoveragePoint[], title: string): Buffer {
  const raster = new Raster(size.width, size.height);
  for (const tick of ticks) {
    raster.fill(plot.left, yOf(tick), plot.right - plot.left, 1, ink.grid);
    raster.fill(xOf(tick), plot.top, 1, plot.bottom - plot.top, ink.grid);
    drawText(
      raster,
      plot.left - 8 - textWidth(label(tick)),
      yOf(tick) - lineHeight / 2,
      label(tick),
      ink.axis,
    );
    drawText(
      raster,
      xOf(tick) - Math.round(textWidth(label(tick)) / 2),
      plot.bottom + 10,
      label(tick),
      ink.axis,
    );
  }
  drawText(raster, plot.left, 14, title, ink.axis);
  drawText(raster, plot.left, plot.bottom + 34, coverageLabel, ink.axis);
  for (const [index, curve] of curves.entries()) {
    const y = plot.top + 8 + index * (lineHeight + 8);
    raster.fill(plot.right - 190, y + 3, 18, 3, curve.color);
    drawText(raster, plot.right - 164, y, curve.name, ink.axis);
    for (const [at, point] of points.entries()) {
      const from = points[at - 1] ?? point;
      raster.line(
        xOf(from.coverage),
        yOf(curve.of(from)),
        xOf(point.coverage),
        yOf(curve.of(point)),
        curve.color,
      );
    }
  }
  return raster.png();
}

export function coverageSvg(points: readonly CoveragePoint[], title: string): string {
  const text = (x: number, y: number, content: string, anchor = "start"): string =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}">${content.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;
  const grid = ticks.flatMap((tick) => [
    `<path d="M${plot.left} ${yOf(tick)}H${plot.right}M${xOf(tick)} ${plot.top}V${plot.bottom}" stroke="${ink.grid}"/>`,
    text(plot.left - 8, yOf(tick) + 4, label(tick), "end"),
    text(xOf(tick), plot.bottom + 18, label(tick), "middle"),
  ]);
  const lines = curves.flatMap((curve, index) => {
    const path = points.map((point) => `${xOf(point.coverage)},${yOf(curve.of(point))}`).join(" ");
    const y = plot.top + 14 + index * 18;
    return [
      `<polyline points="${path}" fill="none" stroke="${curve.color}" stroke-width="2"/>`,
      `<path d="M${plot.right - 160} ${y - 4}h20" stroke="${curve.color}" stroke-width="3"/>`,
      text(plot.right - 134, y, curve.name),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" font-family="sans-serif" font-size="12" fill="${ink.axis}">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(plot.left, 24, title),
    text(plot.left, plot.bottom + 42, coverageLabel),
    ...grid,
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}
