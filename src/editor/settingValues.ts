import type { CompletionSettings } from "../completion/completionSettings.ts";
import { type ServerProfile, serverProfilesOf } from "../model/serverProfile.ts";

/** The raw value of a setting, named without the section `wisp`. */
export type ReadSetting = (key: string) => unknown;

/** Told once for each value that cannot be used as it stands; `message` names the setting and what is used instead. */
export type ReportProblem = (key: string, message: string) => void;

/** Settings that only the user sets for this machine; what a workspace says is never asked. */
export interface MachineSettings {
  readonly backend: "embedded" | "server";
  readonly model: {
    readonly id: string;
    /** Absolute path of a GGUF file that takes the place of the catalogue's model. */
    readonly path?: string;
    /** Absolute path of an adapter by workspace folder, `*` for every other one; an empty path is none. */
    readonly adapters: Readonly<Record<string, string>>;
  };
  /** Address of the hub; undefined leaves the choice to the environment and the default. */
  readonly downloadEndpoint?: string;
  readonly engine: {
    readonly threads: number;
    readonly contextSize: number;
    readonly idleUnloadMs: number;
    readonly gpu: "off" | "auto";
    /** Whether evaluated prompts are kept on disk. */
    readonly keepPrompts: boolean;
  };
  readonly server: {
    readonly url?: string;
    readonly completionModel?: string;
    readonly chatModel?: string;
    readonly fimTemplate?: string;
    /** Of the profile in use: how its completion model was found to fill in the middle. */
    readonly fim?: string;
    /** Name of the profile in use. */
    readonly profile?: string;
    readonly profiles: readonly ServerProfile[];
    /** Whether the embedded engine answers while the server does not. */
    readonly fallback: "embedded" | "none";
  };
  /** What completion does while the machine runs on battery. */
  readonly onBattery: "quiet" | "same" | "off";
  /** Candidates that a fix may try. */
  readonly fixCandidates: number;
}

/** What package.json says too; for values that cannot be used. */
const defaultLanguages = { "*": true, plaintext: false, markdown: false, log: false, scminput: false };
const defaultExclusions = ["**/node_modules/**", "**/.git/**", "**/*.min.*"];

const quietness: Readonly<Record<string, number>> = { eager: 0.25, balanced: 0.5, quiet: 0.75 };

/** @param untitledText an untitled document to which no language was given yet: it counts as code. */
export function completionSettingsOf(
  read: ReadSetting,
  report: ReportProblem,
  untitledText: boolean,
): CompletionSettings {
  const values = new Values(read, report);
  const languages = values.flags("enableByLanguage", defaultLanguages);
  const minMs = values.integer("debounce.min", 75, 50, 5000);
  const maxMs = values.integer("debounce.max", 400, 50, 5000);
  if (maxMs < minMs) {
    report(
      "debounce.max",
      `The setting wisp.debounce.max (${maxMs}) is below wisp.debounce.min; ${minMs} is used.`,
    );
  }
  return {
    enabled: values.flag("enabled", true),
    enableByLanguage: untitledText ? { ...languages, plaintext: languages["*"] ?? true } : languages,
    maxLines: values.integer("suggestions.maxLines", 12, 1, 60),
    debounce: { minMs, maxMs: Math.max(minMs, maxMs) },
    excludeGlobs: values.texts("excludeGlobs", defaultExclusions),
    respectGitignore: values.flag("respectGitignore", true),
    inComments: values.flag("suggestions.inComments", false),
    inStrings: values.flag("suggestions.inStrings", true),
    maxPromptTokens: values.integer("maxPromptTokens", 2048, 128, 32_768),
    targetLatencyMs: values.integer("targetLatency", 500, 100, 10_000),
    quietness: quietness[values.choice("suggestions.quietness", ["balanced", "eager", "quiet"])] ?? 0.5,
  };
}

/** @param processors logical ones of this machine, the most threads that the engine may have. */
export function machineSettingsOf(
  read: ReadSetting,
  report: ReportProblem,
  processors: number,
): MachineSettings {
  const values = new Values(read, report);
  const path = values.path("model.path");
  const downloadEndpoint = values.address("download.endpoint");
  const url = values.address("server.url");
  const completionModel = values.text("server.completionModel");
  const chatModel = values.text("server.chatModel");
  const fimTemplate = values.text("server.fimTemplate");
  const profiles = serverProfilesOf(read("server.profiles"), (name, problem) =>
    report("server.profiles", `The profile "${name}" in wisp.server.profiles ${problem}; it is not used.`),
  );
  const used = usedProfile(profiles, values.text("server.profile"), report);
  return {
    backend: values.choice("backend", ["embedded", "server"]),
    model: {
      id: values.text("model.id") || "qwen2.5-coder-0.5b",
      ...(path && { path }),
      adapters: values.paths("model.adapters"),
    },
    ...(downloadEndpoint && { downloadEndpoint }),
    engine: {
      threads: values.integer("engine.threads", 0, 0, processors),
      contextSize: contextSize(values.integer("engine.contextSize", 0, 0, 131_072), report),
      idleUnloadMs: Math.round(values.number("engine.idleUnloadMinutes", 30, 0, 1440) * 60_000),
      gpu: values.choice("engine.gpu", ["auto", "off"]),
      keepPrompts: values.flag("engine.keepPrompts", true),
    },
    server: {
      ...(used ?? {
        ...(url && { url }),
        ...(completionModel && { completionModel }),
        ...(chatModel && { chatModel }),
        ...(fimTemplate && { fimTemplate }),
      }),
      profiles,
      fallback: values.choice("server.fallback", ["embedded", "none"]),
    },
    onBattery: values.choice("onBattery", ["quiet", "same", "off"]),
    fixCandidates: values.integer("fix.candidates", 3, 1, 8),
  };
}

/** A command that checks fixes; undefined when none is set. */
export function checkCommandOf(
  read: ReadSetting,
  report: ReportProblem,
): { readonly command: string; readonly timeLimitMs: number } | undefined {
  const values = new Values(read, report);
  const command = values.text("fix.checkCommand");
  const seconds = values.integer("fix.checkTimeLimit", 120, 1, 3600);
  return command === "" ? undefined : { command, timeLimitMs: seconds * 1000 };
}

/** The profile of that name, in the shape of the server's settings; undefined for none. */
function usedProfile(
  profiles: readonly ServerProfile[],
  wanted: string,
  report: ReportProblem,
): Omit<MachineSettings["server"], "profiles" | "fallback"> | undefined {
  if (wanted === "") return undefined;
  const profile = profiles.find(({ name }) => name === wanted);
  if (!profile) {
    report(
      "server.profile",
      `There is no profile "${wanted}" in wisp.server.profiles; wisp.server.url is used.`,
    );
    return undefined;
  }
  const { name, ...rest } = profile;
  return { ...rest, profile: name };
}

/** Less would leave no room for a prompt. */
const leastContext = 512;

function contextSize(value: number, report: ReportProblem): number {
  if (value === 0 || value >= leastContext) return value;
  report(
    "engine.contextSize",
    `The setting wisp.engine.contextSize is ${value}, too little for a prompt; ${leastContext} is used.`,
  );
  return leastContext;
}

/** Of Unix, of a Windows drive or of a share. */
const absolutePath = /^(\/|[a-z]:[\\/]|\\\\)/i;

/** Takes a value as it is when it is of the right kind; otherwise says so and goes on with the nearest that is. */
class Values {
  readonly #read: ReadSetting;
  readonly #report: ReportProblem;

  constructor(read: ReadSetting, report: ReportProblem) {
    this.#read = read;
    this.#report = report;
  }

  flag(key: string, fallback: boolean): boolean {
    return this.#typed(key, fallback, "true or false", (value) => typeof value === "boolean");
  }

  number(key: string, fallback: number, low: number, high: number): number {
    const value = this.#typed(key, fallback, "a number", Number.isFinite);
    const clamped = Math.min(high, Math.max(low, value));
    if (clamped !== value) {
      this.#report(
        key,
        `The setting wisp.${key} is ${value}, not from ${low} to ${high}; ${clamped} is used.`,
      );
    }
    return clamped;
  }

  integer(key: string, fallback: number, low: number, high: number): number {
    return Math.round(this.number(key, fallback, low, high));
  }

  text(key: string): string {
    return this.#typed(key, "", "a text", (value) => typeof value === "string").trim();
  }

  /** One of `choices`, of which the first is the default. */
  choice<T extends string>(key: string, choices: readonly [T, ...T[]]): T {
    const expected = `one of ${choices.map((choice) => `"${choice}"`).join(", ")}`;
    return this.#typed<T>(key, choices[0], expected, (value) => choices.some((choice) => choice === value));
  }

  texts(key: string, fallback: readonly string[]): readonly string[] {
    const list = this.#typed(key, fallback, "a list of texts", Array.isArray);
    return list.filter((entry) => {
      if (typeof entry === "string") return entry !== "";
      this.#report(key, `The setting wisp.${key} takes texts, not ${JSON.stringify(entry)}; it is left out.`);
      return false;
    });
  }

  flags(key: string, fallback: Readonly<Record<string, boolean>>): Readonly<Record<string, boolean>> {
    const value = this.#typed(key, fallback, "an object", isObject);
    const entries = Object.entries(value).filter(([name, enabled]) => {
      if (typeof enabled === "boolean") return true;
      const found = JSON.stringify(enabled);
      this.#report(
        key,
        `The setting wisp.${key} takes true or false for "${name}", not ${found}; it is left out.`,
      );
      return false;
    });
    return Object.fromEntries(entries);
  }

  path(key: string): string | undefined {
    const value = this.text(key);
    if (value === "" || absolutePath.test(value)) return value || undefined;
    this.#report(key, `The setting wisp.${key} takes an absolute path, not "${value}"; it is not used.`);
    return undefined;
  }

  /** An object of absolute or empty paths; what is neither is told and left out. */
  paths(key: string): Readonly<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.#typed(key, {}, "an object", isObject))) {
      if (typeof value === "string" && (value === "" || absolutePath.test(value))) found[name] = value;
      else
        this.#report(
          key,
          `The setting wisp.${key} takes absolute paths, not ${JSON.stringify(value)}; it is not used.`,
        );
    }
    return found;
  }

  /** The value is never repeated: a key that stands in it would end in the log and on the screen. */
  address(key: string): string | undefined {
    const value = this.text(key);
    if (value === "") return undefined;
    const url = URL.parse(value);
    const apart =
      "Leave it out: for a server, Wisp: Connect to a Server… asks for the key and keeps it apart.";
    if (!url || !/^https?:$/.test(url.protocol))
      this.#report(key, `The setting wisp.${key} takes an http or https address; what it has is not used.`);
    else if (url.username || url.password)
      this.#report(
        key,
        `The setting wisp.${key} has a name or password in its address, where others can read it; it is not used. ${apart}`,
      );
    else if (url.search || url.hash)
      this.#report(
        key,
        `The setting wisp.${key} has more than an address, from a “?” or “#” on, where some services take a key; it is not used. ${apart}`,
      );
    else return value;
    return undefined;
  }

  #typed<T>(key: string, fallback: T, expected: string, accepts: (value: unknown) => boolean): T {
    const value = this.#read(key);
    if (value === undefined || value === null) return fallback;
    if (accepts(value)) return value as T;
    this.#report(
      key,
      `The setting wisp.${key} takes ${expected}, not ${JSON.stringify(value)}; ${JSON.stringify(fallback)} is used.`,
    );
    return fallback;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
