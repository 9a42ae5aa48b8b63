import type { Listen } from "../base/emitter.ts";

/** A file of the workspace. Excluded, ignored and secret files are never among those that a port hands out. */
export interface WorkspaceFile {
  readonly uri: string;
  /** Workspace-relative path with forward slashes. */
  readonly path: string;
}

/** The files of the workspace on disk, as far as an index needs them. */
export interface WorkspaceFiles {
  /** Files whose names end in one of `extensions` (without dot), `limit` at most. */
  list(extensions: readonly string[], limit: number): Promise<readonly WorkspaceFile[]>;
  /** The file's text with `\n` line ends, or undefined when it is gone, too large, binary or must not be read. */
  read(file: WorkspaceFile): Promise<string | undefined>;
  /** Fires for files that were written, created or removed. */
  readonly onChanged: Listen<WorkspaceFile>;
}
