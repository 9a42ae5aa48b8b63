import assert from "node:assert/strict";
import { Emitter } from "../../../src/base/emitter.ts";
import type { ContextItem } from "../../../src/chat/contextItem.ts";
import { ChatContext, type EditorWindow } from "../../../src/editor/chat/chatContext.ts";
import { FakeClock } from "../../fakes/fakeClock.ts";

function item(kind: ContextItem["kind"], id: string, text: string): ContextItem {
  return { id, kind, label: id, detail: id, language: "", text, pinned: false };
}

describe("ChatContext", () => {
  let context: ChatContext;
  /** What the workspace holds, by id. */
  let now: Map<string, ContextItem>;
  let active: ContextItem | undefined;
  let editor: { readonly document: { readonly uri: { readonly scheme: string } } } | undefined;

  beforeEach(() => {
    now = new Map();
    active = undefined;
    editor = { document: { uri: { scheme: "file" } } };
    const window = {
      get activeTextEditor() {
        return editor;
      },
      visibleTextEditors: [{}],
      onDidChangeActiveTextEditor: new Emitter<unknown>().listen,
      onDidChangeTextEditorSelection: new Emitter<unknown>().listen,
    } as unknown as EditorWindow;
    const sources = { active: async () => active, again: async ({ id }: ContextItem) => now.get(id) };
    context = new ChatContext(sources, window, new FakeClock());
  });
  afterEach(() => context.dispose());

  const texts = (): readonly string[] => context.items.map(({ text }) => text);

  it("shows a second selection beside one that is pinned, and takes away only the one that is meant", async () => {
    active = item("selection", "selection:a#1-2", "A");
    await context.refresh();
    context.togglePin("selection:a#1-2");
    active = item("selection", "selection:a#5-6", "B");
    await context.refresh();
    assert.deepEqual(texts(), ["A", "B"]);
    context.remove("selection:a#5-6");
    assert.deepEqual(texts(), ["A"]);
  });

  it("stays with the last editor while a panel or the chat has the focus, and tells a page that is new", async () => {
    active = item("file", "file:a", "A");
    await context.refresh();
    active = item("file", "file:log", "what a program printed");
    let changes = 0;
    context.onChange(() => changes++);
    for (const elsewhere of [{ document: { uri: { scheme: "output" } } }, undefined]) {
      editor = elsewhere;
      await context.refresh();
      assert.deepEqual(texts(), ["A"]);
    }
    assert.equal(changes, 2);
  });

  it("reads whatever is pinned anew, and names what is gone", async () => {
    for (const kind of ["file", "selection", "symbol", "problems", "changes"] as const) {
      context.add(item(kind, kind, "before"));
      now.set(kind, item(kind, kind, `${kind} now`));
    }
    context.add(item("selection", "deleted", "before"));
    assert.deepEqual(await context.reread(), ["deleted"]);
    assert.deepEqual(texts(), ["file now", "selection now", "symbol now", "problems now", "changes now"]);
    assert.ok(context.items.every(({ pinned }) => pinned));
  });
});
