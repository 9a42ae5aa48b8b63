import type * as vscode from "vscode";
import type { Clock } from "../../base/clock.ts";
import type { Disposable } from "../../base/disposable.ts";
import { Emitter } from "../../base/emitter.ts";
import type { Log } from "../../base/log.ts";
import type { ContextItem } from "../../chat/contextItem.ts";
import { type Mention, mentionText, parseMentions, withoutMentions } from "../../chat/mentions.ts";
import type { ChatSources } from "./chatSources.ts";

export interface FoundMention {
  readonly mention: Mention;
  /** Empty when there is nothing of that name or it may not be used. */
  readonly items: readonly ContextItem[];
}

/** Typing pauses this long, in milliseconds, before the mentions of the draft are looked up. */
const pauseMs = 250;

/** What the mentions of the draft stand for, looked up while the user types, so that the cost is seen before sending. */
export class DraftMentions implements vscode.Disposable {
  readonly #sources: Pick<ChatSources, "mentioned">;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #changed = new Emitter<void>();
  #found: readonly FoundMention[] = [];
  #known = "";
  #lookups = 0;
  #pause: Disposable | undefined;

  readonly onChange = this.#changed.listen;

  constructor(sources: Pick<ChatSources, "mentioned">, clock: Clock, log: Log) {
    this.#sources = sources;
    this.#clock = clock;
    this.#log = log;
  }

  get found(): readonly FoundMention[] {
    return this.#found;
  }

  /** Told of every change of the draft. */
  update(draft: string): void {
    this.#pause?.dispose();
    this.#pause = this.#clock.after(pauseMs, () => void this.#refresh(draft));
  }

  /** Everything that a text mentions, as it is now. */
  async lookUp(text: string): Promise<readonly FoundMention[]> {
    const question = withoutMentions(text);
    return Promise.all(
      parseMentions(text).map(async (mention) => ({
        mention,
        items: await this.#sources.mentioned(mention, question),
      })),
    );
  }

  dispose(): void {
    this.#pause?.dispose();
    this.#changed.dispose();
  }

  async #refresh(draft: string): Promise<void> {
    const mentions = parseMentions(draft);
    // Only what `@workspace` finds depends on the other words.
    const searches = mentions.some(({ kind }) => kind === "workspace");
    const key = mentions.map(mentionText).join(" ") + (searches ? withoutMentions(draft) : "");
    if (key !== this.#known) {
      this.#known = key;
      const lookup = ++this.#lookups;
      try {
        const found = await this.lookUp(draft);
        if (lookup !== this.#lookups) return;
        this.#found = found;
      } catch (error) {
        this.#known = "";
        this.#log.warn(`Chat: the mentions of the draft could not be looked up (${String(error)})`);
      }
    }
    this.#changed.fire();
  }
}
