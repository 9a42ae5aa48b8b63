/** Tells whether a field has the form that the protocol gives it. */
export type Check = (value: unknown) => boolean;

/** A check for each field of a message; a field that `optional` wraps may be absent. */
export type Form<Message> = { readonly [Key in Exclude<keyof Message, "type">]-?: Check };

/** The forms of all messages of a side, by their type. */
export type Forms<Messages extends { readonly type: string }> = {
  readonly [Type in Messages["type"]]: Form<Extract<Messages, { readonly type: Type }>>;
};

export const text: Check = (value) => typeof value === "string";
export const flag: Check = (value) => typeof value === "boolean";
export const whole: Check = (value) => Number.isInteger(value) && (value as number) >= 0;
export const measure: Check = (value) => Number.isFinite(value);
export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
export const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

/** A record whose fields pass; fields without a check are let through. */
export const record =
  (form: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) && Object.entries(form).every(([key, check]) => check(value[key]));

/** Whether `value` is a message of one of these forms. */
export function hasForm<Messages extends { readonly type: string }>(
  forms: Forms<Messages>,
  value: unknown,
): value is Messages {
  if (!isRecord(value) || typeof value["type"] !== "string" || !Object.hasOwn(forms, value["type"]))
    return false;
  return record(forms[value["type"] as Messages["type"]] as Readonly<Record<string, Check>>)(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
