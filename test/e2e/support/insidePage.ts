// Functions that run in the page; what they use of the browser's DOM is declared here, so that no other file sees it.
interface PageElement {
  readonly textContent: string | null;
  readonly parentElement: PageElement | null;
  readonly style: { readonly top: string };
  closest(selector: string): PageElement | null;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

declare const document: PageElement & { readonly activeElement: PageElement | null };

export function isEditorFocused(): boolean {
  return document.activeElement?.closest(".part.editor .monaco-editor") != null;
}

/**
 * The painted ghost text, empty when there is none. Its first line is painted inside the line, the following ones in
 * a zone below it. (Self-contained: only its source reaches the page.)
 */
export function readGhostText(): string {
  const plain = (text: string) => text.replaceAll("\u00a0", " ").replaceAll(/[\u200b\u200c]/g, "");
  const topOf = (element: PageElement) => Number.parseFloat(element.style.top) || 0;
  const linesOf = (parent: PageElement, selector: string) =>
    [...parent.querySelectorAll(selector)].sort((a, b) => topOf(a) - topOf(b));
  const editor =
    document.querySelector(".part.editor .monaco-editor.focused") ??
    document.querySelector(".part.editor .editor-instance .monaco-editor");
  if (!editor) return "";
  const parts: string[] = [];
  const inline = ".ghost-text-decoration, .ghost-text-decoration-preview";
  for (const line of linesOf(editor, ".view-lines .view-line")) {
    const spans = [...line.querySelectorAll(inline)].filter((span) => !span.parentElement?.closest(inline));
    if (spans.length > 0) parts.push(plain(spans.map((span) => span.textContent ?? "").join("")));
  }
  for (const zone of editor.querySelectorAll(".view-zones .suggest-preview-text")) {
    for (const line of linesOf(zone, ".view-line")) parts.push(plain(line.textContent ?? ""));
  }
  return parts.join("\n");
}
