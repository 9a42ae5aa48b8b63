/** A plain picture of the document at the moment of a request, so that nothing below the editor sees `vscode`. */
export interface DocumentSnapshot {
  /** Identity of the document, for example `file:///a/b.ts` or a notebook cell's URI. */
  readonly uri: string;
  /** Workspace-relative path with forward slashes; the file's name where it lies outside, "untitled" names included. */
  readonly path: string;
  /** VS Code's language identifier. */
  readonly languageId: string;
  readonly version: number;
  readonly eol: "\n" | "\r\n";
  /** Text left of the cursor, at most {@link snapshotPrefixLimit} characters, starting at a line start. `\n` line ends. */
  readonly prefix: string;
  /** Text right of the cursor, at most {@link snapshotSuffixLimit} characters. `\n` line ends. */
  readonly suffix: string;
  readonly position: { readonly line: number; readonly character: number };
  readonly lineCount: number;
  /** Size of the whole document in UTF-16 code units. */
  readonly length: number;
  readonly indentation: { readonly insertSpaces: boolean; readonly tabSize: number };
}

export const snapshotPrefixLimit = 48_000;
export const snapshotSuffixLimit = 12_000;
