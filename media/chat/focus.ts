/**
 * Draws the rows of `list` anew. Where that takes away what has the focus, its successor gets it: the same action of
 * the same row, or of the row that has come in its place; `otherwise` where there is none.
 */
export function keepFocus(list: HTMLElement, otherwise: HTMLElement, draw: () => void): void {
  const from = document.activeElement;
  const index = [...list.children].findIndex((row) => row.contains(from));
  const row = list.children[index];
  if (!row || !(from instanceof HTMLElement)) {
    draw();
    return;
  }
  const key = keyOf(row);
  const alike = from.dataset["act"] ? `[data-act="${CSS.escape(from.dataset["act"])}"]` : from.localName;
  const nth = [...row.querySelectorAll(alike)].indexOf(from);
  draw();
  // Who has gone to the editor meanwhile stays there.
  if (document.activeElement !== document.body || !document.hasFocus()) return;
  const rows = [...list.children];
  const successor =
    rows.find((other) => key !== undefined && keyOf(other) === key) ?? rows[index] ?? rows.at(-1);
  const found = [...(successor?.querySelectorAll<HTMLElement>(alike) ?? [])];
  (found[nth] ?? found.at(-1) ?? otherwise).focus({ preventScroll: true });
}

function keyOf(row: Element): string | undefined {
  return row instanceof HTMLElement ? (row.dataset["turn"] ?? row.dataset["id"]) : undefined;
}
