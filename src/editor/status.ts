/** What the status bar says; the first that holds, in this order. */
export type Status =
  | { readonly kind: "off" }
  | { readonly kind: "snoozed"; readonly until: number }
  | { readonly kind: "downloading"; readonly percent: number }
  | { readonly kind: "noModel" }
  | { readonly kind: "error"; readonly message: string; readonly hint: string }
  | { readonly kind: "languageOff"; readonly languageId: string }
  | { readonly kind: "starting"; readonly model: string }
  | ({ readonly kind: "thinking" } & Answering)
  | ({ readonly kind: "ready" } & Answering);

/** The model that makes suggestions in the server's place. */
export interface StandingIn {
  readonly model: string;
  /** The server does not answer, answers too late, or was not to make any. */
  readonly why: "away" | "slow" | "declined";
}

/** Who answers. */
interface Answering {
  readonly model: string;
  /** Name of the server profile in use. */
  readonly profile?: string;
  readonly standIn?: StandingIn;
}

export interface StatusInputs {
  readonly enabled: boolean;
  /** Milliseconds since the epoch, 0 for none, Infinity until the editor restarts. */
  readonly snoozedUntil: number;
  readonly now: number;
  /** Share of a running download, 0 to 1. */
  readonly download?: number | undefined;
  /** Name of the model or server, undefined when none is chosen or its file is missing. */
  readonly model?: string | undefined;
  readonly error?: { readonly code?: string; readonly message: string; readonly hint: string } | undefined;
  readonly profile?: string | undefined;
  readonly standIn?: StandingIn | undefined;
  readonly languageId?: string | undefined;
  readonly languageEnabled: boolean;
  readonly starting: boolean;
  readonly thinking: boolean;
}

export function statusOf(inputs: StatusInputs): Status {
  const { model, error, languageId } = inputs;
  if (!inputs.enabled) return { kind: "off" };
  if (inputs.snoozedUntil > inputs.now) return { kind: "snoozed", until: inputs.snoozedUntil };
  if (inputs.download !== undefined) {
    return { kind: "downloading", percent: Math.floor(100 * Math.min(1, Math.max(0, inputs.download))) };
  }
  if (error && error.code !== "no-model") return { kind: "error", message: error.message, hint: error.hint };
  if (model === undefined) return { kind: "noModel" };
  if (languageId !== undefined && !inputs.languageEnabled) return { kind: "languageOff", languageId };
  const { profile, standIn } = inputs;
  if (inputs.starting && (standIn || !profile)) return { kind: "starting", model: standIn?.model ?? model };
  return {
    kind: inputs.thinking ? "thinking" : "ready",
    model,
    ...(profile && { profile }),
    ...(standIn && { standIn }),
  };
}

export interface StatusFace {
  /** For the status bar, with an icon. */
  readonly label: string;
  /** One sentence. */
  readonly text: string;
  readonly detail: string;
  readonly severity: "information" | "warning" | "error";
  readonly busy: boolean;
}

/** @param timeOf writes a time of day for the user. */
export function faceOf(status: Status, timeOf: (epochMs: number) => string): StatusFace {
  const calm = { detail: "", severity: "information", busy: false } as const;
  switch (status.kind) {
    case "off":
      return { ...calm, label: "$(circle-slash) Wisp", text: "Suggestions are off" };
    case "snoozed": {
      const end = Number.isFinite(status.until) ? `until ${timeOf(status.until)}` : "until VS Code restarts";
      return { ...calm, label: "$(bell-slash) Wisp", text: `Suggestions are snoozed ${end}` };
    }
    case "downloading":
      return {
        ...calm,
        label: `$(cloud-download) Wisp ${status.percent}%`,
        text: `The model is being downloaded (${status.percent} %)`,
        busy: true,
      };
    case "noModel":
      return {
        ...calm,
        label: "$(cloud-download) Wisp",
        text: "No model is chosen yet",
        detail: "Choose one to get suggestions",
        severity: "warning",
      };
    case "error":
      return {
        label: "$(warning) Wisp",
        text: status.message,
        detail: status.hint,
        severity: "error",
        busy: false,
      };
    case "languageOff":
      return { ...calm, label: "$(circle-slash) Wisp", text: `Suggestions are off for ${status.languageId}` };
    case "starting":
      return {
        ...calm,
        label: "$(loading~spin) Wisp",
        text: "The engine is starting",
        detail: status.model,
        busy: true,
      };
    case "thinking":
      return {
        ...calm,
        label: `$(loading~spin) ${titleOf(status)}`,
        text: "Wisp is thinking",
        detail: detailOf(status),
        busy: true,
      };
    case "ready": {
      const isWrong = status.standIn !== undefined && status.standIn.why !== "declined";
      return {
        ...calm,
        label: `$(${isWrong ? "debug-disconnect" : "sparkle"}) ${titleOf(status)}`,
        text: "Wisp is ready",
        detail: detailOf(status),
        severity: isWrong ? "warning" : "information",
      };
    }
  }
}

function titleOf({ profile }: Answering): string {
  return profile ? `Wisp: ${profile}` : "Wisp";
}

function detailOf({ model, standIn }: Answering): string {
  if (!standIn) return model;
  const here = `${standIn.model} on this machine`;
  if (standIn.why === "declined") return `${model} chats only; suggestions are made by ${here}`;
  return `${model} ${standIn.why === "slow" ? "is slow" : "does not answer"}; ${here} stands in`;
}
