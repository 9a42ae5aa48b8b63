import type * as vscode from "vscode";
import type { Clock } from "../../base/clock.ts";
import { DisposableStore } from "../../base/disposable.ts";
import { Emitter } from "../../base/emitter.ts";
import type { Log } from "../../base/log.ts";
import { contextBudget } from "../../chat/answerRequest.ts";
import type { ChatSession } from "../../chat/chatSession.ts";
import type { QuestionContext } from "../../chat/chatSessionForm.ts";
import {
  type ContextItem,
  type FittedContext,
  fitContext,
  foldFoundPlaces,
  rulesChip,
  rulesChipId,
  workspaceChipId,
} from "../../chat/contextItem.ts";
import { turnsBefore } from "../../chat/conversation.ts";
import { leftOutNotice, mentionText, withoutMention } from "../../chat/mentions.ts";
import type { ToView } from "../../chat/protocol.ts";
import { missingFor, type SlashCommand } from "../../chat/slashCommands.ts";
import type { ChatContext } from "./chatContext.ts";
import type { ChatSources } from "./chatSources.ts";
import { DraftMentions, type FoundMention } from "./draftMentions.ts";
import type { WorkspaceRules } from "./workspacePrompts.ts";

export interface ComposingParts {
  readonly session: ChatSession;
  readonly sources: Pick<ChatSources, "mentioned" | "stagedChanges">;
  readonly context: Pick<
    ChatContext,
    "items" | "onChange" | "add" | "remove" | "togglePin" | "refresh" | "reread"
  >;
  readonly rules: Pick<WorkspaceRules, "text" | "onChange" | "leaveOut">;
  readonly contextTokens: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

/** A message with what goes along. */
export interface Composed {
  readonly context: QuestionContext;
  /** What could not go along; empty when everything did. */
  readonly notice: string;
}

/** What a message is for, besides being asked. */
export interface Purpose {
  readonly needs?: SlashCommand["needs"] | undefined;
  readonly editedTurn?: string | undefined;
}

const tooLong = "Your message is longer than the model can read. Shorten it, or add the text as a file.";

/** Puts together what goes along with a message: chips, mentions and rules within the budget. */
export class Composing implements vscode.Disposable {
  readonly #parts: ComposingParts;
  readonly #disposables = new DisposableStore();
  readonly #mentions: DraftMentions;
  readonly #changed = this.#disposables.add(new Emitter<void>());

  /** Fires when the chips or their costs are others. */
  readonly onChange = this.#changed.listen;

  constructor(parts: ComposingParts) {
    this.#parts = parts;
    const { session, context, rules } = parts;
    this.#mentions = this.#disposables.add(new DraftMentions(parts.sources, parts.clock, parts.log));
    const fire = (): void => this.#changed.fire();
    this.#disposables.add(this.#mentions.onChange(fire));
    this.#disposables.add(context.onChange(fire));
    this.#disposables.add(rules.onChange(fire));
    this.#disposables.add(session.onDraft(() => this.#mentions.update(session.conversation.draft)));
    this.#disposables.add(
      session.onEvent((event) => {
        // What a model takes may be known since it has been asked.
        if (event.kind === "less" || (event.kind === "busy" && !event.busy)) fire();
        if (event.kind !== "conversation") return;
        this.#mentions.update(session.conversation.draft);
        fire();
      }),
    );
  }

  /** The chips as they would go along with the draft now. */
  view(): ToView {
    const { session, rules } = this.#parts;
    const found = this.#mentions.found;
    const { draft } = session.conversation;
    const fitted = this.#fit(itemsOf(found), draft);
    const own = rulesChip(rules.text, this.#parts.contextTokens());
    const chips = foldFoundPlaces(fitted.chips);
    const { droppedTurns, questionTooLong, lostFiles } = session.fitOf(draft, fitted);
    const unknown = found
      .filter(({ items }) => items.length === 0)
      .map(({ mention }) => mentionText(mention));
    return {
      type: "context",
      chips: own ? [own, ...chips] : chips,
      usedTokens: fitted.usedTokens + (own?.sentTokens ?? 0),
      budgetTokens: this.#budget(draft) + (own?.sentTokens ?? 0),
      notice: questionTooLong
        ? tooLong
        : leftOutNotice({ unknown, gone: [], tooBig: leftOut(fitted), droppedTurns, lostFiles }),
    };
  }

  /**
   * What goes along with `question`, read anew.
   * @param text as it was typed, with its mentions.
   * @param editedTurn the message in whose place it goes, where it is another wording.
   * @returns what to tell the user instead, when the question itself does not fit.
   */
  async compose(
    text: string,
    question: string,
    { needs, editedTurn }: Purpose = {},
  ): Promise<Composed | string> {
    const { sources, context, session } = this.#parts;
    const staged = needs === "stagedChanges" ? await sources.stagedChanges() : [];
    const found = await this.#mentions.lookUp(text);
    await context.refresh();
    const gone = await context.reread();
    const isFirst = turnsBefore(session.conversation, editedTurn).length === 0;
    const mentioned = itemsOf(found);
    // What was said before may be what a command is about, but no change since.
    const missing =
      needs === "stagedChanges"
        ? missingFor(needs, staged.length + mentioned.length)
        : missingFor(isFirst ? needs : undefined, context.items.length + mentioned.length);
    if (missing) return missing;
    const fitted = this.#fit([...staged, ...mentioned], question);
    const { droppedTurns, questionTooLong, lostFiles } = session.fitOf(question, fitted, editedTurn);
    if (questionTooLong) return tooLong;
    const unknown = found
      .filter(({ items }) => items.length === 0)
      .map(({ mention }) => mentionText(mention));
    return {
      context: { text: fitted.text, places: fitted.places },
      notice: leftOutNotice({ unknown, gone, tooBig: leftOut(fitted), droppedTurns, lostFiles }),
    };
  }

  /** @returns the draft without the mention that stands behind the chip, undefined when it was another kind of chip. */
  removeChip(id: string): string | undefined {
    const { rules, context, session } = this.#parts;
    const behind = this.#mentions.found.find(({ mention, items }) =>
      id === workspaceChipId ? mention.kind === "workspace" : items.some((item) => item.id === id),
    );
    if (behind) {
      const draft = withoutMention(session.conversation.draft, behind.mention);
      session.setDraft(draft);
      return draft;
    }
    if (id === rulesChipId) rules.leaveOut(true);
    else context.remove(id);
    return undefined;
  }

  togglePin(id: string): void {
    const item = itemsOf(this.#mentions.found).find((candidate) => candidate.id === id);
    const { context } = this.#parts;
    if (item && !context.items.some((kept) => kept.id === id)) context.add(item);
    else context.togglePin(id);
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  /** Tokens for what goes along with a question besides the rules. */
  #budget(question: string): number {
    const { contextTokens, rules } = this.#parts;
    return contextBudget(question, { contextTokens: contextTokens(), rules: rules.text });
  }

  #fit(first: readonly ContextItem[], question: string): FittedContext {
    const { context } = this.#parts;
    const isPinned = new Map(context.items.map(({ id, pinned }) => [id, pinned]));
    // What was found just now stands before what was kept of the same thing.
    const all = new Map(context.items.map((item) => [item.id, item]));
    for (const item of first) all.set(item.id, { ...item, pinned: isPinned.get(item.id) ?? item.pinned });
    const ids = new Set([...first.map(({ id }) => id), ...all.keys()]);
    return fitContext(
      [...ids].flatMap((id) => all.get(id) ?? []),
      this.#budget(question),
    );
  }
}

function itemsOf(found: readonly FoundMention[]): readonly ContextItem[] {
  return found.flatMap(({ items }) => items);
}

function leftOut({ chips }: FittedContext): readonly string[] {
  return chips.filter((chip) => chip.sentTokens === 0).map((chip) => chip.label);
}
