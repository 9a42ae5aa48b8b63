import type { TokenProbability } from "../model/modelClient.ts";
import type { AskingTools, Question } from "./asking.ts";
import { type Place, typedSince } from "./continuation.ts";
import { awaitsMembers } from "./digest.ts";
import type { Flight } from "./flight.ts";
import type { Healed } from "./healing.ts";
import type { Outlook } from "./outlook.ts";
import { type Answer, silent } from "./presenter.ts";
import { isSamePrompt } from "./samePrompt.ts";

const longestLine = 400;
const unsure = { kind: "open", sureness: 0 } as const;
/** Of the members that are suggested among those that exist, so many are right (bench/REPORT.md). */
const surenessOfMembers = 0.57;

/** What is known of answers before they are decoded. */
export class Foresight {
  readonly #tools: Pick<AskingTools, "parts" | "generations" | "cache" | "presenter">;
  #before: Pick<Flight, "request" | "spelled"> | undefined;
  #aside: { readonly place: Place; readonly text: string } | undefined;

  constructor(tools: Pick<AskingTools, "parts" | "generations" | "cache" | "presenter">) {
    this.#tools = tools;
  }

  /** What the first token tells; where the answer is held to members, the likeliest of all tokens says nothing of it. */
  async outlook(
    { request, situation }: Question,
    foreseen: Promise<readonly TokenProbability[]>,
    { prompt, lead }: Healed,
  ): Promise<Outlook> {
    if (this.#tools.parts.holdToMembers && situation.offered)
      return { kind: "open", sureness: this.#mayBeEarly(request.place) ? surenessOfMembers : 0 };
    const { quietness } = request.settings;
    const first = await foreseen;
    const before = this.#before && isSamePrompt(this.#before.request, prompt) ? this.#before.spelled : [];
    const { generations } = this.#tools;
    const at = (bar: number): Outlook => generations.outlook(first, lead, situation, bar, before);
    const outlook = at(quietness);
    if (outlook.kind === "open") return this.#mayBeEarly(request.place) ? outlook : unsure;
    // Begun when the pause ends, it is there when the rest does.
    const { restedQuietness } = request;
    const mayRest = restedQuietness !== undefined && !awaitsMembers(situation) && generations.mayRiskLittle;
    return mayRest && at(restedQuietness).kind === "open" ? unsure : outlook;
  }

  /** The answer where nothing is decoded, because its beginning is hopeless. */
  givenUp({ request, situation, prompt }: Question, outlook: Extract<Outlook, { kind: "hopeless" }>): Answer {
    const { place, settings, trace } = request;
    trace.asked(prompt);
    this.#tools.generations.giveUp(
      { place, situation, quietness: settings.quietness, onDigest: (digest) => trace.digested(digest) },
      outlook,
    );
    situation.syntax?.dispose();
    const hit = this.#tools.cache.find(place);
    const shown = hit && this.#tools.presenter.present(request, hit.answer, hit, "model");
    return shown ?? silent("low-confidence");
  }

  /** While a word is typed its prompt stays, and what was written to it says something of what would be written again. */
  wrote(flight: Pick<Flight, "request" | "spelled">): void {
    // What was held to members may not be what the model writes by itself.
    if (!flight.request.beginsWith) this.#before = flight;
  }

  /** Another model writes something else. */
  forget(): void {
    this.#before = undefined;
    this.#aside = undefined;
  }

  /** `text`, which begins what needs many lines, is not asked for again while it is typed; a pause asks for all of it. */
  setAside(place: Place, text: string): void {
    this.#aside = { place, text };
  }

  #mayBeEarly(place: Place): boolean {
    return this.#tools.generations.mayHurry && !this.#isSetAside(place);
  }

  #isSetAside(place: Place): boolean {
    const typed = this.#aside && typedSince(this.#aside.place, place, longestLine);
    return typed !== undefined && (this.#aside?.text.startsWith(typed) ?? false);
  }
}
