import { type Forms, flag, hasForm, listOf, oneOf, optional, record, text, whole } from "./messageForm.ts";
import type { ToView } from "./protocol.ts";
import { editingForm, placeForm, scrollForm } from "./viewMessage.ts";

const turn = record({
  id: text,
  role: oneOf("user", "assistant"),
  text,
  state: oneOf("complete", "streaming", "stopped", "failed"),
  error: optional(record({ message: text, hint: text })),
  standIn: optional(text),
  places: listOf(placeForm),
  version: record({ index: whole, count: whole }),
});

const chip = record({
  id: text,
  kind: oneOf("selection", "file", "symbol", "problems", "changes", "folder", "workspace", "rules"),
  label: text,
  detail: text,
  tokens: whole,
  sentTokens: whole,
  pinned: flag,
});

const forms: Forms<ToView> = {
  conversation: {
    id: text,
    turns: listOf(turn),
    draft: text,
    scroll: optional(scrollForm),
    editing: optional(editingForm),
  },
  turn: { turn },
  delta: { turnId: text, offset: whole, text },
  history: { items: listOf(record({ id: text, title: text, updatedAt: whole })) },
  context: { chips: listOf(chip), usedTokens: whole, budgetTokens: whole, notice: text },
  draft: { text },
  status: { busy: flag, model: text, notice: optional(text) },
  suggestions: { query: text, items: listOf(record({ insert: text, label: text, detail: text })) },
  focus: {},
};

/** A message of the extension when it has the form that the protocol gives it, else undefined: other windows may post to the page too. */
export function hostMessage(value: unknown): ToView | undefined {
  return hasForm(forms, value) ? value : undefined;
}
