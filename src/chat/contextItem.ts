import { cutToTokens, estimateTokens } from "../prompt/tokenEstimate.ts";
import { fittedRules } from "./answerRequest.ts";
import type { DocumentRange } from "./placedItem.ts";
import type { ChipView, PlaceView } from "./protocol.ts";

/** Something of the workspace that goes along with a message. Its text has already been cleared of secrets. */
export interface ContextItem {
  readonly id: string;
  readonly kind: ChipView["kind"];
  readonly label: string;
  readonly detail: string;
  /** Language identifier for the code fence; empty for prose. */
  readonly language: string;
  readonly text: string;
  /** Where `text` comes from, absent for a diff or a list of problems. */
  readonly place?: PlaceView;
  /** The document that it was read from, absent where there is not one. */
  readonly source?: { readonly uri: string; readonly range?: DocumentRange };
  readonly pinned: boolean;
}

export interface FittedContext {
  /** The items as one text for the prompt. */
  readonly text: string;
  readonly chips: readonly ChipView[];
  readonly places: readonly PlaceView[];
  readonly usedTokens: number;
}

/** Below this many tokens a cut item is of no use and is left out whole. */
const leastUsefulTokens = 48;

/**
 * Takes items in their order until `budgetTokens` are used. The item that crosses the budget is cut at a line end when
 * enough of it remains; later ones are marked as not fitting.
 */
export function fitContext(items: readonly ContextItem[], budgetTokens: number): FittedContext {
  const texts: string[] = [];
  const chips: ChipView[] = [];
  const places: PlaceView[] = [];
  let used = 0;
  for (const item of items) {
    const whole = renderItem(item, item.text);
    const tokens = estimateTokens(whole);
    const left = budgetTokens - used;
    let text = tokens <= left ? whole : "";
    if (!text && left >= leastUsefulTokens) {
      const overhead = estimateTokens(renderItem(item, ""));
      text = renderItem(item, `${cutToTokens(item.text, left - overhead - 4)}\n…`);
    }
    const { id, kind, label, detail, pinned } = item;
    const sentTokens = estimateTokens(text);
    chips.push({ id, kind, label, detail, pinned, tokens, sentTokens });
    if (!text) continue;
    texts.push(text);
    used += sentTokens;
    if (item.place) places.push(item.place);
  }
  return { text: texts.join("\n\n"), chips, places, usedTokens: used };
}

/** The places that `@workspace` found as one chip: they come and go together. */
export function foldFoundPlaces(chips: readonly ChipView[]): readonly ChipView[] {
  const found = chips.filter((chip) => chip.kind === "workspace");
  const [first] = found;
  if (!first) return chips;
  const sum = (cost: (chip: ChipView) => number): number => found.reduce((all, chip) => all + cost(chip), 0);
  const folded: ChipView = {
    ...first,
    id: workspaceChipId,
    label: `@workspace (${found.length})`,
    detail: `Found in the workspace: ${found.map(({ detail }) => detail).join("; ")}`,
    tokens: sum((chip) => chip.tokens),
    sentTokens: sum((chip) => chip.sentTokens),
  };
  return chips.flatMap((chip) => (chip === first ? [folded] : chip.kind === "workspace" ? [] : [chip]));
}

export const workspaceChipId = "workspace";

/** The chip of the workspace's own rules, which are part of the system prompt and so come before everything else. */
export function rulesChip(rules: string, contextTokens: number): ChipView | undefined {
  const text = rules.trim();
  if (!text) return undefined;
  return {
    id: rulesChipId,
    kind: "rules",
    label: "rules.md",
    detail: "Rules of this workspace (.wisp/rules.md), sent with each question",
    tokens: estimateTokens(text),
    sentTokens: estimateTokens(fittedRules(text, contextTokens)),
    pinned: true,
  };
}

export const rulesChipId = "rules";

function renderItem(item: ContextItem, text: string): string {
  const title = item.place
    ? `${item.place.path}, lines ${item.place.startLine} to ${item.place.endLine}`
    : item.detail;
  return `${title}:\n${fenced(text, item.language)}`;
}

/** A Markdown code block whose fence is longer than any run of backticks inside. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}
