import * as vscode from "vscode";

/** A file system that holds one file and is on no disk, as virtual workspaces are. Read-only. */
export class VirtualFile implements vscode.FileSystemProvider {
  readonly #path: string;
  readonly #content: Uint8Array;
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;

  constructor(path: string, text: string) {
    this.#path = path;
    this.#content = new TextEncoder().encode(text);
  }

  watch(): vscode.Disposable {
    return { dispose() {} };
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const isFile = uri.path === this.#path;
    if (!isFile && !this.#path.startsWith(uri.path)) throw vscode.FileSystemError.FileNotFound(uri);
    const type = isFile ? vscode.FileType.File : vscode.FileType.Directory;
    return { type, ctime: 0, mtime: 0, size: this.#content.byteLength };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    if (uri.path === this.#path) return this.#content;
    throw vscode.FileSystemError.FileNotFound(uri);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
}
