import { cutToTokens, estimateTokens } from "../prompt/tokenEstimate.ts";
import { fittedRules } from "./answerRequest.ts";
import type { DocumentRange } from "./placedItem.ts";
import type { ChipView, PlaceView } from "./protocol.ts";
import { partAround } from "./textPart.ts";

/** Something of the workspace that goes along with a message. Its text has already been cleared of secrets. */
export interface ContextItem {
  readonly id: string;
  readonly kind: ChipView["kind"];
  readonly label: string;
  readonly detail: string;
  /** Language identifier for the code fence; empty for prose. */
  readonly language: string;
  readonly text: string;
  /** Characters before and behind `text` that were not even read. */
  readonly unread?: { readonly before: number; readonly after: number };
  /** The line of `text`, from 0, that matters most; the beginning where there is none. */
  readonly cursorLine?: number;
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

/** What stands between two items costs this many tokens at most. */
const betweenTokens = 2;

/**
 * Takes items in their order until `budgetTokens` are used. The item that crosses the budget is cut to the lines round the
 * one that matters when enough of it remains; later ones are marked as not fitting.
 */
export function fitContext(items: readonly ContextItem[], budgetTokens: number): FittedContext {
  const sent: SentItem[] = [];
  const chips: ChipView[] = [];
  let left = budgetTokens;
  for (const item of items) {
    const whole = sentItem(item, { text: item.text, firstLine: 0 });
    const { before, after } = item.unread ?? { before: 0, after: 0 };
    const tokens = whole.tokens + Math.ceil((before + after) / 3);
    const taken = !item.unread && whole.tokens <= left ? whole : cutItem(item, left);
    const { id, kind, label, detail, pinned } = item;
    chips.push({ id, kind, label, detail, pinned, tokens, sentTokens: taken?.tokens ?? 0 });
    if (!taken) continue;
    sent.push(taken);
    left -= taken.tokens + betweenTokens;
  }
  return {
    text: sent.map(({ text }) => text).join("\n\n"),
    chips,
    places: sent.flatMap(({ place }) => place ?? []),
    usedTokens: sent.reduce((sum, { tokens }) => sum + tokens, 0),
  };
}

interface SentItem {
  readonly text: string;
  readonly tokens: number;
  readonly place: PlaceView | undefined;
}

/** The part of an item that costs at most `tokens`; undefined where that would be of no use. */
function cutItem(item: ContextItem, tokens: number): SentItem | undefined {
  if (tokens < leastUsefulTokens) return undefined;
  const overhead = sentItem(item, { text: "…\n\n…", firstLine: 0 }).tokens;
  const part = partAround(item.text, item.cursorLine, {
    limit: tokens - overhead,
    cost: (line) => estimateTokens(`${line}\n`),
    cut: cutToTokens,
  });
  const isBeginning = part.firstLine === 0 && !item.unread?.before;
  const isLast = part.firstLine + part.lines === item.text.split("\n").length;
  const isEnd = isLast && item.text.endsWith(part.text) && !item.unread?.after;
  const marked = `${isBeginning ? "" : "…\n"}${part.text}${isEnd ? "" : "\n…"}`;
  const cut = sentItem(item, { ...part, text: marked });
  // A fence that is longer than those in the text may cost more than was foreseen.
  return cut.tokens <= tokens ? cut : undefined;
}

/** @param part of the item's text; without `lines` it goes to the end. */
function sentItem(
  item: ContextItem,
  { text, firstLine, lines }: { readonly text: string; readonly firstLine: number; readonly lines?: number },
): SentItem {
  const { place: whole, detail, language } = item;
  const startLine = (whole?.startLine ?? 1) + firstLine;
  const place = whole && {
    ...whole,
    startLine,
    endLine: lines === undefined ? whole.endLine : Math.min(whole.endLine, startLine + lines - 1),
  };
  const title = place ? `${place.path}, lines ${place.startLine} to ${place.endLine}` : detail;
  const rendered = `${title}:\n${fenced(text, language)}`;
  return { text: rendered, tokens: estimateTokens(rendered), place };
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

/** A Markdown code block whose fence is longer than any run of backticks inside. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}
