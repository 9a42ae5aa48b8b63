import { invalid } from "./apiError.ts";

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads the fields of a request's body; every refusal names the field. `null` counts as absent. What is not read is let
 * through, as other servers of the protocol do: clients send each server's extensions to all of them.
 */
export class Fields {
  readonly #body: Json;

  constructor(body: unknown) {
    if (!isJson(body)) throw invalid("The body must be a JSON object.");
    this.#body = body;
  }

  get(name: string): unknown {
    return this.#body[name] ?? undefined;
  }

  number(name: string, least: number, most: number): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !(value >= least && value <= most))
      throw invalid(`${name} must be a number from ${least} to ${most}.`);
    return value;
  }

  integer(name: string, least: number, most: number): number | undefined {
    const value = this.number(name, least, most);
    if (value !== undefined && !Number.isInteger(value)) throw invalid(`${name} must be a whole number.`);
    return value;
  }

  boolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value !== undefined && typeof value !== "boolean") throw invalid(`${name} must be true or false.`);
    return value;
  }

  string(name: string): string | undefined {
    const value = this.get(name);
    if (value !== undefined && typeof value !== "string") throw invalid(`${name} must be a string.`);
    return value;
  }

  /** A string or a list of strings. */
  strings(name: string): readonly string[] {
    const value = this.get(name);
    if (value === undefined) return [];
    const list = Array.isArray(value) ? value : [value];
    if (!list.every((item) => typeof item === "string"))
      throw invalid(`${name} must be a string or a list of strings.`);
    return list;
  }

  /** Fields of the protocol that say nothing here as long as they have one of these values. */
  neutral(name: string, ...values: readonly unknown[]): void {
    const value = this.get(name);
    if (value !== undefined && !values.includes(value))
      throw invalid(`${name} is not supported by this engine; leave it out.`);
  }
}
