import type { Raster } from "./png.ts";

/** Glyphs of three by five pixels, a row per octal digit; enough for the labels of a chart. */
const glyphs: Readonly<Record<string, string>> = {
  "0": "75557",
  "1": "26227",
  "2": "71747",
  "3": "71717",
  "4": "55711",
  "5": "74717",
  "6": "74757",
  "7": "71222",
  "8": "75757",
  "9": "75717",
  "%": "51245",
  ".": "00002",
  ",": "00024",
  "-": "00700",
  "=": "07070",
  "(": "12221",
  ")": "42224",
  "/": "11244",
  a: "25755",
  b: "65656",
  c: "34443",
  d: "65556",
  e: "74647",
  f: "74644",
  g: "34553",
  h: "55755",
  i: "72227",
  j: "11152",
  k: "55655",
  l: "44447",
  m: "57755",
  n: "65555",
  o: "25552",
  p: "65644",
  q: "25563",
  r: "65655",
  s: "34216",
  t: "72222",
  u: "55557",
  v: "55552",
  w: "55775",
  x: "55255",
  y: "55222",
  z: "71247",
};

const scale = 2;
export const lineHeight = 5 * scale;
const advance = 4 * scale;

export const textWidth = (text: string): number => text.length * advance - scale;

/** Writes `text` with its upper left corner at (x, y); letters have no case, other characters leave a space. */
export function drawText(raster: Raster, x: number, y: number, text: string, color: string): void {
  for (const [index, char] of [...text.toLowerCase()].entries()) {
    for (const [row, bits] of [...(glyphs[char] ?? "")].entries()) {
      for (let column = 0; column < 3; column++) {
        if ((Number(bits) >> (2 - column)) & 1) {
          raster.fill(x + index * advance + column * scale, y + row * scale, scale, scale, color);
        }
      }
    }
  }
}
