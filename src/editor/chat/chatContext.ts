import * as vscode from "vscode";
import type { Clock } from "../../base/clock.ts";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import { Emitter } from "../../base/emitter.ts";
import type { ContextItem } from "../../chat/contextItem.ts";
import type { ChatSources } from "./chatSources.ts";

/** Milliseconds without a change of the selection after which the editor is read. */
const pauseMs = 150;

/** The chips: one that follows the active editor, and those that the user added or pinned. */
export class ChatContext implements vscode.Disposable {
  readonly #sources: ChatSources;
  readonly #clock: Clock;
  /** Whether anybody sees the chips; while nobody does, nothing is read at the keys of an editor. */
  #isShown: () => boolean = () => false;
  #pause: Disposable | undefined;
  readonly #changed = new Emitter<void>();
  readonly #disposables = new DisposableStore();
  #followed: ContextItem | undefined;
  /** The followed item that the user removed; it stays away until the editor shows something else. */
  #removed: string | undefined;
  #kept: readonly ContextItem[] = [];
  #refreshes = 0;

  readonly onChange = this.#changed.listen;

  constructor(sources: ChatSources, clock: Clock) {
    this.#sources = sources;
    this.#clock = clock;
    const refresh = (): void => {
      this.#pause?.dispose();
      if (this.#isShown()) this.#pause = this.#clock.after(pauseMs, () => void this.refresh());
    };
    this.#disposables.add(vscode.window.onDidChangeActiveTextEditor(refresh));
    this.#disposables.add(vscode.window.onDidChangeTextEditorSelection(refresh));
    this.#disposables.add(this.#changed);
  }

  get items(): readonly ContextItem[] {
    const followed = this.#followed && this.#followed.id !== this.#removed ? [this.#followed] : [];
    return [...this.#kept, ...followed.filter((item) => !this.#kept.some((kept) => kept.id === item.id))];
  }

  /** Lets the chips follow the editor while `isShown`. */
  follow(isShown: () => boolean): void {
    this.#isShown = isShown;
  }

  /** Reads the active editor. */
  async refresh(): Promise<void> {
    const turn = ++this.#refreshes;
    const editor = vscode.window.activeTextEditor;
    // Moving the focus into the chat view leaves no active editor; the last one still counts.
    if (!editor && vscode.window.visibleTextEditors.length > 0) return;
    const item = await this.#sources.active(editor);
    if (turn !== this.#refreshes) return;
    if (item?.id !== this.#followed?.id) this.#removed = undefined;
    this.#followed = item;
    this.#changed.fire();
  }

  add(item: ContextItem): void {
    this.#kept = [...this.#kept.filter((kept) => kept.id !== item.id), { ...item, pinned: true }];
    this.#changed.fire();
  }

  remove(id: string): void {
    this.#kept = this.#kept.filter((item) => item.id !== id);
    if (this.#followed?.id === id) this.#removed = id;
    this.#changed.fire();
  }

  /** Pins the followed item as it is now, or lets a pinned one go. */
  togglePin(id: string): void {
    const kept = this.#kept.find((item) => item.id === id);
    if (kept) this.#kept = this.#kept.filter((item) => item !== kept);
    else if (this.#followed?.id === id) this.#kept = [...this.#kept, { ...this.#followed, pinned: true }];
    this.#changed.fire();
  }

  /**
   * Reads the kept files anew, because they may have changed since they became chips.
   * @returns the labels of those that are gone or may no longer be used; their chips go too.
   */
  async rereadFiles(): Promise<readonly string[]> {
    const gone: string[] = [];
    for (const kept of this.#kept.filter((item) => item.kind === "file")) {
      const now = await this.#sources.file(vscode.Uri.parse(kept.id.slice("file:".length)));
      if (!now) gone.push(kept.label);
      this.#kept = this.#kept.flatMap((item) =>
        item.id !== kept.id ? [item] : now ? [{ ...now, pinned: true }] : [],
      );
    }
    this.#changed.fire();
    return gone;
  }

  dispose(): void {
    this.#pause?.dispose();
    this.#disposables.dispose();
  }
}
