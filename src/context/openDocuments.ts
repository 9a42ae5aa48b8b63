/** A document that the user has open or has looked at lately, as far as the pipeline needs it. `\n` line ends. */
export interface OpenDocument {
  readonly uri: string;
  /** Workspace-relative path with forward slashes. */
  readonly path: string;
  readonly languageId: string;
  /** Grows with every change; what was computed for a version is kept. */
  readonly version: number;
  text(): string;
}

/** The open and lately seen documents, most recently edited or seen first, bounded by the editor. */
export interface OpenDocuments {
  list(): readonly OpenDocument[];
}
