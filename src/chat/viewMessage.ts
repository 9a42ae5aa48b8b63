import type { FromView } from "./protocol.ts";

type Check = (value: unknown) => boolean;
type Fields<Message> = { readonly [Key in Exclude<keyof Message, "type">]: Check };

const text: Check = (value) => typeof value === "string";
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const place: Check = (value) =>
  isRecord(value) &&
  text(value["path"]) &&
  Number.isInteger(value["startLine"]) &&
  Number.isInteger(value["endLine"]);

const checks: { readonly [Type in FromView["type"]]: Fields<Extract<FromView, { readonly type: Type }>> } = {
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
  dropped: { uris: texts },
  code: { action: oneOf("copy", "insert", "apply", "newFile", "terminal"), code: text, language: text },
  copyText: { text },
  openLink: { href: text },
  openPlace: { place },
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
  if (!isRecord(value) || typeof value["type"] !== "string" || !Object.hasOwn(checks, value["type"]))
    return undefined;
  const fields: Readonly<Record<string, Check>> = checks[value["type"] as FromView["type"]];
  return Object.entries(fields).every(([key, check]) => check(value[key]))
    ? (value as unknown as FromView)
    : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
