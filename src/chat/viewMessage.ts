import { type Forms, hasForm, listOf, oneOf, record, text, whole } from "./messageForm.ts";
import type { FromView } from "./protocol.ts";

/** A place as both sides send it. */
export const placeForm = record({ path: text, startLine: whole, endLine: whole });

const forms: Forms<FromView> = {
  ready: {},
  send: { text },
  stop: {},
  regenerate: { turnId: text },
  edit: { turnId: text, text },
  showVersion: { turnId: text, step: oneOf(-1, 1) },
  draft: { text },
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
