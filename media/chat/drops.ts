/** Where VS Code and other programs put the addresses of what is dragged, best first. */
const formats: readonly { readonly type: string; readonly read: (data: string) => readonly string[] }[] = [
  { type: "application/vnd.code.uri-list", read: lines },
  { type: "resourceurls", read: fromJson },
  { type: "text/uri-list", read: lines },
];

/** Takes files and folders that are dropped anywhere on the page. (VS Code lets a drag into a view while Shift is held.) */
export function takeDrops(onUris: (uris: readonly string[]) => void): void {
  const show = (over: boolean): void => {
    document.body.classList.toggle("dropping", over);
  };
  document.addEventListener("dragover", (event) => {
    if (isTextForBox(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    show(true);
  });
  document.addEventListener("dragleave", (event) => {
    // Leaving one element for another of the page names where it goes.
    if (event.relatedTarget === null) show(false);
  });
  document.addEventListener("drop", (event) => {
    show(false);
    if (isTextForBox(event)) return;
    event.preventDefault();
    const data = event.dataTransfer;
    if (!data) return;
    for (const { type, read } of formats) {
      const uris = read(data.getData(type));
      if (uris.length > 0) return onUris(uris);
    }
  });
}

/** Whether this is no file but text over a box that takes text: that the browser does by itself. */
function isTextForBox({ target, dataTransfer }: DragEvent): boolean {
  const isBox = target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
  return isBox && !formats.some(({ type }) => dataTransfer?.types.includes(type));
}

function lines(data: string): readonly string[] {
  return data.split(/\r?\n/).filter((line) => line && !line.startsWith("#"));
}

function fromJson(data: string): readonly string[] {
  if (!data) return [];
  const parsed: unknown = JSON.parse(data);
  return Array.isArray(parsed) ? parsed.filter((one) => typeof one === "string") : [];
}
