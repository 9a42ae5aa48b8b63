import type * as vscode from "vscode";
import type { Clock } from "../../base/clock.ts";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import { Emitter } from "../../base/emitter.ts";
import type { ContextItem } from "../../chat/contextItem.ts";
import { isOfEditor } from "../codeEditor.ts";
import type { ChatSources } from "./chatSources.ts";

/** Milliseconds without a change of the selection after which the editor is read. */
const pauseMs = 150;

/** The part of `vscode.window` that the chips follow. */
export type EditorWindow = Pick<
  typeof vscode.window,
  "activeTextEditor" | "visibleTextEditors" | "onDidChangeActiveTextEditor" | "onDidChangeTextEditorSelection"
>;

/** The chips: one that follows the active editor, and those that the user added or pinned. */
export class ChatContext implements vscode.Disposable {
  readonly #sources: Pick<ChatSources, "active" | "again">;
  readonly #window: EditorWindow;
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

  constructor(sources: Pick<ChatSources, "active" | "again">, window: EditorWindow, clock: Clock) {
    this.#sources = sources;
    this.#window = window;
    this.#clock = clock;
    const refresh = (): void => {
      this.#pause?.dispose();
      if (this.#isShown()) this.#pause = this.#clock.after(pauseMs, () => void this.refresh());
    };
    this.#disposables.add(window.onDidChangeActiveTextEditor(refresh));
    this.#disposables.add(window.onDidChangeTextEditorSelection(refresh));
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
    const { activeTextEditor: editor, visibleTextEditors: visible } = this.#window;
    // Moving the focus into the chat view or a panel leaves no active editor, or the panel's own; the last one still counts.
    const isElsewhere = editor ? !isOfEditor(editor.document) : visible.length > 0;
    // A page that is new does not have the chips yet.
    if (isElsewhere) return this.#changed.fire();
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
   * Reads what is kept anew, because it may have changed since it became a chip.
   * @returns the labels of what is gone or may no longer be used; its chips go too.
   */
  async reread(): Promise<readonly string[]> {
    const gone: string[] = [];
    for (const kept of this.#kept) {
      const now = await this.#sources.again(kept);
      if (!now) gone.push(kept.label);
      // The chips may have become others while this one was read.
      this.#kept = this.#kept.flatMap((item) =>
        item !== kept ? [item] : now ? [{ ...now, pinned: true }] : [],
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
