import type { FimRequest } from "../model/modelClient.ts";
import type { CompletionParts } from "./completionParts.ts";
import type { CompletionSettings } from "./completionSettings.ts";
import type { DocumentSnapshot } from "./documentSnapshot.ts";
import type { FileGates } from "./fileGates.ts";
import { type Healed, HealingMemory, healed } from "./healing.ts";
import type { RequestBuilder } from "./requestBuilder.ts";
import { sharingRule } from "./sharing.ts";

/** The prompts of places, and what they become where a word is half typed. */
export class Prompts {
  readonly #parts: Pick<CompletionParts, "isIgnored" | "tokenHealing">;
  readonly #requests: RequestBuilder;
  readonly #files: FileGates;
  readonly #healing = new HealingMemory();

  constructor(
    parts: Pick<CompletionParts, "isIgnored" | "tokenHealing">,
    requests: RequestBuilder,
    files: FileGates,
  ) {
    this.#parts = parts;
    this.#requests = requests;
    this.#files = files;
  }

  /** @param cursorLine where the cursor is, when it is not there yet where `document` has it. */
  at(
    document: DocumentSnapshot,
    settings: CompletionSettings,
    signal: AbortSignal,
    cursorLine?: number,
  ): Promise<FimRequest> {
    const mayShare = sharingRule(this.#files, settings, this.#parts.isIgnored);
    return this.#requests.build(document, settings, mayShare, signal, cursorLine);
  }

  /** The prompt as it will be when a word is typed at this place: a blank in front of it belongs to that. */
  async ofNextKey(
    document: DocumentSnapshot,
    settings: CompletionSettings,
    signal: AbortSignal,
  ): Promise<FimRequest> {
    return this.healed(await this.at(document, settings, signal), document).prompt;
  }

  /** The prompt without the word that is half typed, unless the model is known to want another word there. */
  healed(prompt: FimRequest, { prefix, suffix }: DocumentSnapshot): Healed {
    const plain = { prompt, lead: "" };
    if (this.#parts.tokenHealing === false || /^[\p{L}\p{N}_$]/u.test(suffix)) return plain;
    const healing = healed(prompt, prefix);
    return this.#healing.mayHelp(healing) ? healing : plain;
  }

  /** Tells what the model wrote where it had to begin with a half-typed word. */
  wrote(prompt: FimRequest, beginning: string): void {
    this.#healing.wrote(prompt, beginning);
  }

  /** Another model writes something else. */
  forget(): void {
    this.#requests.forget();
    this.#healing.forget();
  }
}
