import { type Forms, hasForm, listOf, measure, oneOf, optional, record, text, whole } from "./messageForm.ts";
import type { FromView } from "./protocol.ts";

/** Places as both sides send them. */
export const placeForm = record({ path: text, startLine: whole, endLine: whole });

export const scrollForm = record({ turnId: text, piece: whole, offset: measure });

export const editingForm = record({ turnId: text, text });

const forms: Forms<FromView> = {
  ready: {},
  send: { text },
  stop: {},
  regenerate: { turnId: text },
  edit: { turnId: text, text },
  editing: { conversationId: text, turnId: text, text: optional(text) },
  showVersion: { turnId: text, step: oneOf(-1, 1) },
  draft: { text },
  scrolled: { conversationId: text, scroll: optional(scrollForm) },
  suggest: { query: text },
  removeChip: { id: text },
  pinChip: { id: text },
  dropped: { uris: listOf(text) },
  code: {
    action: oneOf("copy", "insert", "apply", "newFile", "terminal"),
    code: text,
    language: text,
    turnId: text,
  },
  copyText: { text },
  openLink: { href: text },
  openPlace: { place: placeForm },
  newConversation: {},
  listHistory: {},
  openConversation: { id: text },
  renameConversation: { id: text, title: text },
  deleteConversation: { id: text },
  deleteAll: {},
  export: { id: text },
};

/** A message of the view when it has the form that the protocol gives it, else undefined: a page may be made to send anything. */
export function viewMessage(value: unknown): FromView | undefined {
  return hasForm(forms, value) ? value : undefined;
}
