import * as vscode from "vscode";
import type { ContextItem } from "../../chat/contextItem.ts";
import { type Mention, mentionText } from "../../chat/mentions.ts";
import { mostItemCharacters, type PlacedItemParts, placedItem, rangeNow } from "../../chat/placedItem.ts";
import type { SuggestionView } from "../../chat/protocol.ts";
import { currentRepository, type GitRepository } from "../git.ts";
import type { FindFiles } from "../usableFiles.ts";
import { workspaceUri } from "../workspaceUri.ts";
import { usableChanges } from "./usableChanges.ts";
import type { WorkspaceIndex } from "./workspaceIndex.ts";

const maxFolderFiles = 12;
const mostFoundPlaces = 8;
const mostSuggestions = 20;
const mostListed = 200;
const mostBytesCompared = 2_000_000;
const stagedLabel = "staged changes";

/** Whether a file may enter a prompt at all: not excluded, not a secret file, not ignored. */
export type MayUse = (uri: vscode.Uri) => Promise<boolean>;

export interface ChatSourcesParts {
  readonly mayUse: MayUse;
  readonly findFiles: FindFiles;
  readonly maskSecrets: (text: string) => string;
  readonly index: WorkspaceIndex;
}

/** Turns places of the editor and the workspace into context items. Everything is read through VS Code's own API. */
export class ChatSources {
  readonly #mayUse: MayUse;
  readonly #findFiles: FindFiles;
  readonly #maskSecrets: (text: string) => string;
  readonly #index: WorkspaceIndex;

  constructor({ mayUse, findFiles, maskSecrets, index }: ChatSourcesParts) {
    this.#mayUse = mayUse;
    this.#findFiles = findFiles;
    this.#maskSecrets = maskSecrets;
    this.#index = index;
  }

  /** The selection of the active editor, else its file, of which the lines round the cursor matter most, else nothing. */
  async active(editor: vscode.TextEditor | undefined): Promise<ContextItem | undefined> {
    if (!editor || !(await this.#mayUse(editor.document.uri))) return undefined;
    if (!editor.selection.isEmpty) return this.#range(editor.document, editor.selection, "selection");
    return this.#range(editor.document, wholeOf(editor.document), "file", editor.selection.active.line);
  }

  /**
   * The items for a mention; an empty list when there is nothing of that name or it may not be used.
   * @param question what `@workspace` looks for.
   */
  async mentioned(mention: Mention, question: string): Promise<readonly ContextItem[]> {
    const editor = vscode.window.activeTextEditor;
    switch (mention.kind) {
      case "selection": {
        const item = editor && !editor.selection.isEmpty ? await this.active(editor) : undefined;
        return item ? [item] : [];
      }
      case "file":
      case "folder": {
        const uri = await workspaceUri(mention.name);
        return uri ? this.place(uri) : [];
      }
      case "symbol":
        return this.#symbol(mention.name);
      case "problems":
        return editor ? this.#problems(editor.document) : [];
      case "changes":
        return this.#changes(false);
      case "workspace":
        return this.#search(question);
    }
  }

  /** @param repository undefined takes the one of the active file. */
  async stagedChanges(repository?: GitRepository): Promise<readonly ContextItem[]> {
    const staged = await this.#changes(true, repository);
    return staged.length > 0 ? staged : this.#changes(false, repository);
  }

  /** A range of a file; empty when the file is gone or may not be used. */
  async location({ uri, range }: vscode.Location): Promise<readonly ContextItem[]> {
    const [whole] = await this.place(uri);
    if (!whole) return [];
    return [this.#range(await vscode.workspace.openTextDocument(uri), range, "selection")];
  }

  /** An item as it is now; undefined when it is gone or may no longer be used. */
  async again(item: ContextItem): Promise<ContextItem | undefined> {
    if (item.kind === "changes") return (await this.#changes(item.label === stagedLabel))[0];
    if (!item.source) return item;
    const uri = vscode.Uri.parse(item.source.uri);
    // The editor goes on to give a document out of its memory for minutes after its file was deleted.
    const [whole] = await this.place(uri);
    if (!whole || item.kind === "file") return whole;
    const document = await vscode.workspace.openTextDocument(uri);
    if (item.kind === "problems") return (await this.#problems(document))[0];
    if (!item.source.range || (item.kind !== "selection" && item.kind !== "symbol")) return item;
    const now = rangeNow(item.source.range, item.text, this.#maskSecrets(document.getText()));
    const range = new vscode.Range(now.startLine, now.startCharacter, now.endLine, now.endCharacter);
    return {
      ...this.#range(document, range, item.kind),
      ...(item.kind === "symbol" && { label: item.label }),
    };
  }

  /**
   * A file, or the files that lie directly in a folder, of many the first ones and how many more there are; empty when it is
   * gone or may not be used.
   */
  async place(uri: vscode.Uri): Promise<readonly ContextItem[]> {
    let isFolder: boolean;
    try {
      isFolder = ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.Directory) !== 0;
    } catch (error) {
      if (error instanceof vscode.FileSystemError) return [];
      throw error;
    }
    if (!isFolder) return this.#files([uri]);
    const entries = await vscode.workspace.fs.readDirectory(uri);
    const files = entries.filter(([, type]) => type === vscode.FileType.File);
    const items: ContextItem[] = [];
    let index = 0;
    for (; index < files.length && items.length < maxFolderFiles; index++)
      items.push(...(await this.#files([vscode.Uri.joinPath(uri, files[index]?.[0] ?? "")])));
    const more = files.length - index;
    if (more === 0 || items.length === 0) return items;
    const label = `${more} more in ${vscode.workspace.asRelativePath(uri)}`;
    const text = `${more} more files of this folder do not go along.`;
    return [...items, this.#text("folder", label, text, "")];
  }

  /** What can complete `#file:qu`, `#folder:qu` or `#symbol:qu`. */
  async suggest(kind: "file" | "folder" | "symbol", query: string): Promise<readonly SuggestionView[]> {
    if (kind === "symbol") {
      const symbols = query ? await workspaceSymbols(query) : [];
      const named = symbols.map(({ name, location }) => ({ name: bareName(name), location }));
      return named.slice(0, mostSuggestions).map(({ name, location }) => ({
        insert: `${mentionText({ kind, name })} `,
        label: name,
        detail: vscode.workspace.asRelativePath(location.uri),
      }));
    }
    const glob = query ? `**/*${caseless(query)}*${kind === "folder" ? "/**" : ""}` : "**/*";
    const uris = await this.#findFiles(glob, mostListed);
    const paths = uris.map((uri) => vscode.workspace.asRelativePath(uri));
    const names = kind === "folder" ? [...new Set(paths.map(parentOf).filter(Boolean))] : paths;
    names.sort((a, b) => a.length - b.length || a.localeCompare(b));
    return names
      .slice(0, mostSuggestions)
      .map((name) => ({ insert: `${mentionText({ kind, name })} `, label: name, detail: "" }));
  }

  async #files(uris: readonly vscode.Uri[]): Promise<readonly ContextItem[]> {
    const items: ContextItem[] = [];
    for (const uri of uris) {
      if (!(await this.#mayUse(uri))) continue;
      try {
        const document = await vscode.workspace.openTextDocument(uri);
        items.push(this.#range(document, wholeOf(document), "file"));
      } catch {
        // Gone, or binary, which has nothing to say to a model: whoever asked tells that nothing was found.
      }
    }
    return items;
  }

  async #symbol(name: string): Promise<readonly ContextItem[]> {
    const symbol = (await workspaceSymbols(name)).find((candidate) => bareName(candidate.name) === name);
    if (!symbol || !(await this.#mayUse(symbol.location.uri))) return [];
    const document = await vscode.workspace.openTextDocument(symbol.location.uri);
    return [{ ...this.#range(document, symbol.location.range, "symbol"), label: name }];
  }

  async #search(question: string): Promise<readonly ContextItem[]> {
    const found = await this.#index.find(question, mostFoundPlaces);
    return found.map(({ path, startLine, endLine, text }) => ({
      id: `workspace:${path}:${startLine}`,
      kind: "workspace",
      label: path.slice(path.lastIndexOf("/") + 1),
      detail: `${path}, lines ${startLine} to ${endLine}`,
      language: "",
      text: this.#maskSecrets(text),
      place: { path, startLine, endLine },
      pinned: false,
    }));
  }

  async #problems(document: vscode.TextDocument): Promise<readonly ContextItem[]> {
    const problems = vscode.languages.getDiagnostics(document.uri);
    if (problems.length === 0 || !(await this.#mayUse(document.uri))) return [];
    const path = vscode.workspace.asRelativePath(document.uri);
    const lines = problems.map((problem) => {
      const line = document.lineAt(problem.range.start.line);
      const severity = vscode.DiagnosticSeverity[problem.severity].toLowerCase();
      return `line ${line.lineNumber + 1}: ${severity}: ${problem.message}\n    ${line.text.trim()}`;
    });
    const source = { uri: document.uri.toString() };
    return [{ ...this.#text("problems", `problems of ${path}`, lines.join("\n"), ""), source }];
  }

  async #changes(staged: boolean, repository?: GitRepository): Promise<readonly ContextItem[]> {
    const found = repository ?? (await currentRepository());
    const parts = { mayUse: this.#mayUse, maskSecrets: this.#maskSecrets, onDisk };
    const diff = found ? await usableChanges(staged, found, parts) : "";
    return diff ? [this.#text("changes", staged ? stagedLabel : "changes", diff, "diff")] : [];
  }

  #text(kind: ContextItem["kind"], label: string, text: string, language: string): ContextItem {
    const after = Math.max(0, text.length - mostItemCharacters);
    return {
      id: `${kind}:${label}`,
      kind,
      label,
      detail: label,
      language,
      text: this.#maskSecrets(text.slice(0, mostItemCharacters)),
      ...(after > 0 && { unread: { before: 0, after } }),
      pinned: false,
    };
  }

  #range(
    document: vscode.TextDocument,
    range: vscode.Range,
    kind: PlacedItemParts["kind"],
    cursorLine?: number,
  ): ContextItem {
    return placedItem({
      kind,
      uri: document.uri.toString(),
      path: vscode.workspace.asRelativePath(document.uri),
      language: document.languageId,
      range: {
        startLine: range.start.line,
        startCharacter: range.start.character,
        endLine: range.end.line,
        endCharacter: range.end.character,
      },
      text: document.getText(range),
      ...(cursorLine !== undefined && { cursorLine }),
      maskSecrets: this.#maskSecrets,
    });
  }
}

/** A file's text without what an editor has not saved; undefined for a link and what is too large to be compared. */
async function onDisk(uri: vscode.Uri): Promise<{ readonly text: string | undefined } | undefined> {
  try {
    // The text of a link is that of another file, which may be one that is not used.
    const { type, size } = await vscode.workspace.fs.stat(uri);
    if (type !== vscode.FileType.File || size > mostBytesCompared) return undefined;
    return { text: new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)) };
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === "FileNotFound") return { text: undefined };
    throw error;
  }
}

function wholeOf(document: vscode.TextDocument): vscode.Range {
  return new vscode.Range(0, 0, Math.max(0, document.lineCount - 1), Number.MAX_SAFE_INTEGER);
}

async function workspaceSymbols(query: string): Promise<readonly vscode.SymbolInformation[]> {
  const found = await vscode.commands.executeCommand<vscode.SymbolInformation[] | undefined>(
    "vscode.executeWorkspaceSymbolProvider",
    query,
  );
  return found ?? [];
}

/** Some language servers write a function's name with its parentheses. */
function bareName(name: string): string {
  return name.replace(/\(.*$/s, "");
}

function escapeGlob(path: string): string {
  return path.replace(/[[\]{}*?]/g, "[$&]");
}

/** A glob part that matches `text` in either case. */
function caseless(text: string): string {
  return [...text]
    .map((character) =>
      /[a-z]/i.test(character)
        ? `[${character.toLowerCase()}${character.toUpperCase()}]`
        : escapeGlob(character),
    )
    .join("");
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
