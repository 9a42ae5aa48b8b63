/** The editor's clipboard, of which an extension sees the text alone. */
export interface TextClipboard {
  readText(): PromiseLike<string>;
  writeText(text: string): PromiseLike<void>;
}

export interface Lending {
  readonly text: string;
  /** Asked where the clipboard has no text: it is empty, or a picture or files in it would be lost. */
  readonly mayReplace: () => Promise<boolean>;
  readonly use: () => Promise<void>;
}

/** Has `text` in the clipboard while it is used; then the text is there again that was, unless another was copied meanwhile. */
export async function lendClipboard(
  clipboard: TextClipboard,
  { text, mayReplace, use }: Lending,
): Promise<void> {
  const before = await clipboard.readText();
  if (before === "" && !(await mayReplace())) return;
  await clipboard.writeText(text);
  try {
    await use();
  } finally {
    const isOurs = plain(await clipboard.readText()) === plain(text);
    if (before !== "" && isOurs) await clipboard.writeText(before);
  }
}

/** Clipboards have line ends of their own. */
function plain(text: string): string {
  return text.replaceAll("\r\n", "\n");
}
