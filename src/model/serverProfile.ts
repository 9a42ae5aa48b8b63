import { isRecord } from "./completionEvents.ts";
import { type Dialect, dialects } from "./dialects.ts";

/** In place of a model's name: the user wants none of that server's for this; the embedded engine answers if it may. */
export const noModel = "none";

/** A server as the user has set it up: where it is, and which of its models does what. */
export interface ServerProfile {
  readonly name: string;
  /** With the version. */
  readonly url: string;
  /** Undefined: the first that the server lists; or {@link noModel}. */
  readonly completionModel?: string;
  /** Undefined: the one for completion; or {@link noModel}. */
  readonly chatModel?: string;
  /** How the middle is filled in: a {@link FimWay} as text. */
  readonly fim?: string;
}

/** A dialect, and the family of the prompt where this side writes it. */
export interface FimWay {
  readonly dialect: Dialect;
  readonly family?: string;
}

export function fimWayText({ dialect, family }: FimWay): string {
  return family === undefined ? dialect : `${dialect}:${family}`;
}

/** Undefined when the text names no dialect; a dialect that needs a family must have one. */
export function fimWayOf(text: string): FimWay | undefined {
  const [dialect = "", family] = text.split(":", 2);
  if (!Object.hasOwn(dialects, dialect)) return undefined;
  const known = dialect as Dialect;
  if ((dialects[known].prompt === "family") !== Boolean(family)) return undefined;
  return family ? { dialect: known, family } : { dialect: known };
}

/**
 * Reads profiles as they stand in the settings, by name. What cannot be used is left out and reported.
 * @param report told the name of the profile and what is wrong with it.
 */
export function serverProfilesOf(
  value: unknown,
  report: (name: string, problem: string) => void,
): readonly ServerProfile[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, entry]) => {
    const problem = profileProblem(entry);
    if (problem !== undefined || !isRecord(entry)) {
      report(name, problem ?? "is not an object");
      return [];
    }
    const text = (key: string): string | undefined =>
      typeof entry[key] === "string" && entry[key].trim() !== "" ? entry[key].trim() : undefined;
    const [completionModel, chatModel, fim] = [text("completionModel"), text("chatModel"), text("fim")];
    return [
      {
        name,
        url: String(entry["url"]).trim().replace(/\/+$/, ""),
        ...(completionModel && { completionModel }),
        ...(chatModel && { chatModel }),
        ...(fim && { fim }),
      },
    ];
  });
}

function profileProblem(entry: unknown): string | undefined {
  if (!isRecord(entry)) return "is not an object";
  const url = typeof entry["url"] === "string" ? URL.parse(entry["url"].trim()) : null;
  if (!url || !/^https?:$/.test(url.protocol)) return "has no http or https address in url";
  if (url.username || url.password) return "has a key or password in its url; keys are kept apart";
  // Some services take a key there.
  if (url.search || url.hash) return "has more than an address in its url; a key is kept apart";
  const { fim } = entry;
  if (typeof fim === "string" && fim !== "" && fimWayOf(fim) === undefined)
    return `names no way of filling in the middle in fim ("${fim}")`;
  return undefined;
}
