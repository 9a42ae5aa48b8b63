import type { EditingView, ScrollPosition, TurnView } from "../../src/chat/protocol.ts";
import { standInNotice } from "../../src/chat/standInNotice.ts";
import { button, byId, element } from "./dom.ts";
import { keepFocus } from "./focus.ts";
import { host } from "./host.ts";
import { MarkdownBody } from "./markdown.ts";
import { Reading } from "./reading.ts";
import { visibleText } from "./visibleText.ts";

interface Shown {
  turn: TurnView;
  readonly root: HTMLElement;
  readonly body: HTMLElement;
  /** Absent for a message of the user, which is plain text. */
  readonly markdown?: MarkdownBody;
}

/** How a conversation was left. */
export interface Before {
  readonly scroll?: ScrollPosition | undefined;
  readonly editing?: EditingView | undefined;
}

/** Draws the conversation. A streaming answer is drawn again at most once per frame. */
export class Turns {
  readonly #list = byId("turns");
  readonly #announcer = byId("announcer");
  readonly #shown = new Map<string, Shown>();
  readonly #dirty = new Set<string>();
  #frame = 0;
  readonly #reading = new Reading(this.#list, (scroll) => {
    host.postMessage({ type: "scrolled", conversationId: this.#conversationId, scroll });
  });
  #conversationId = "";

  /**
   * Puts a conversation on screen. Turns that stand there already as they are stay untouched, and so does the reader
   * unless there are new ones.
   * @param before where the reader was in another conversation than the one on screen, and what of a message was being
   *   changed there.
   */
  show(conversationId: string, turns: readonly TurnView[], before: Before = {}): void {
    const isNew = turns.some(({ id }) => !this.#shown.has(id));
    const isOther = conversationId !== this.#conversationId;
    this.#conversationId = conversationId;
    this.#drawKeepingFocus(() => this.#arrange(turns));
    if (isOther && before.editing) this.#goOnEditing(before.editing);
    if (isOther) this.#reading.restore(before.scroll);
    else if (isNew) this.#reading.follow();
    else this.#reading.hold();
  }

  #goOnEditing({ turnId, text }: EditingView): void {
    const shown = this.#shown.get(turnId);
    if (shown?.turn.role === "user") this.#startEditing(shown, text);
  }

  #startEditing({ turn, root, body }: Shown, text: string): HTMLTextAreaElement {
    const conversationId = this.#conversationId;
    const { id: turnId } = turn;
    return editIn(body, text, {
      typed: (text) => host.postMessage({ type: "editing", conversationId, turnId, text }),
      send: (text) => host.postMessage({ type: "edit", turnId, text }),
      leave: () => {
        host.postMessage({ type: "editing", conversationId, turnId });
        body.textContent = visibleText(turn.text);
        root.querySelector<HTMLElement>(":scope > .after [data-act=Edit]")?.focus();
      },
    });
  }

  #arrange(turns: readonly TurnView[]): void {
    const wanted = new Set(turns.map((turn) => turn.id));
    for (const [id, { root }] of this.#shown) {
      if (wanted.has(id)) continue;
      this.#reading.unwatch(root);
      root.remove();
      this.#shown.delete(id);
    }
    this.#list.querySelector(":scope > .welcome")?.remove();
    for (const [index, turn] of turns.entries()) {
      const shown = this.#shown.get(turn.id);
      if (!shown || !same(shown.turn, turn)) this.#put(turn);
      const root = this.#shown.get(turn.id)?.root;
      // What is taken over may stand before turns of another branch that have just gone.
      if (root && root !== this.#list.children[index])
        this.#list.insertBefore(root, this.#list.children[index] ?? null);
    }
    if (turns.length === 0) this.#list.append(welcome());
  }

  update(turn: TurnView): void {
    this.#drawKeepingFocus(() => this.#put(turn));
    this.#reading.hold();
  }

  #drawKeepingFocus(draw: () => void): void {
    keepFocus(this.#list, byId("input"), draw);
  }

  #put(turn: TurnView): void {
    const known = this.#shown.get(turn.id);
    const before = known?.turn.state;
    if (known) known.turn = turn;
    else {
      const body = element("div", { class: "body", dir: "auto" });
      const root = element("article", { class: `turn ${turn.role}`, "data-turn": turn.id }, body);
      const { id } = turn;
      const markdown = new MarkdownBody(body, (action, code, language) =>
        host.postMessage({ type: "code", action, code, language, turnId: id }),
      );
      this.#shown.set(id, { turn, root, body, ...(turn.role === "assistant" && { markdown }) });
      this.#list.append(root);
      this.#reading.watch(root);
    }
    this.#draw(turn.id);
    // Screen readers get the finished answer once instead of every token.
    if (before === "streaming" && turn.state !== "streaming") this.#announcer.textContent = said(turn);
    else if (!before && turn.state === "streaming") this.#announcer.textContent = "Wisp is answering.";
  }

  /** @returns false when the view has missed a piece and needs the whole turn. */
  append(turnId: string, offset: number, text: string): boolean {
    const shown = this.#shown.get(turnId);
    if (shown?.turn.text.length !== offset) return false;
    shown.turn = { ...shown.turn, text: shown.turn.text + text };
    this.#dirty.add(turnId);
    this.#frame ||= requestAnimationFrame(() => this.#drawDirty());
    return true;
  }

  #drawDirty(): void {
    this.#frame = 0;
    this.#drawKeepingFocus(() => {
      for (const id of this.#dirty) this.#draw(id);
    });
    this.#dirty.clear();
    this.#reading.hold();
  }

  #draw(id: string): void {
    const shown = this.#shown.get(id);
    if (!shown) return;
    const { turn, root, body, markdown } = shown;
    if (markdown) markdown.show(turn.text, turn.state === "streaming");
    // What is being changed in its place stays.
    else if (!body.querySelector("textarea")) body.textContent = visibleText(turn.text);
    root.classList.toggle("streaming", turn.state === "streaming");
    root.setAttribute("aria-busy", String(turn.state === "streaming"));
    root.setAttribute("aria-label", turn.role === "user" ? "You" : "Wisp");
    for (const old of root.querySelectorAll(":scope > .after")) old.remove();
    const edit = (): void => (body.querySelector("textarea") ?? this.#startEditing(shown, turn.text)).focus();
    if (turn.state !== "streaming") root.append(footer(turn, edit));
  }
}

function said({ text, state, error, standIn }: TurnView): string {
  const whole = standIn === undefined ? text : `${text} ${standInNotice(standIn)}`;
  if (state === "stopped") return `${whole} Stopped.`;
  return error ? `${whole} ${error.message} ${error.hint}` : whole;
}

function same(one: TurnView, other: TurnView): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function footer(turn: TurnView, onEdit: () => void): HTMLElement {
  const after = element("div", { class: "after" });
  if (turn.error) {
    after.append(element("p", { class: "error", role: "alert" }, `${turn.error.message} ${turn.error.hint}`));
  }
  if (turn.standIn !== undefined)
    after.append(element("p", { class: "note" }, standInNotice(visibleText(turn.standIn))));
  if (turn.state === "stopped") after.append(element("p", { class: "note" }, "Stopped."));
  if (turn.role === "assistant" && turn.places.length > 0) {
    const places = turn.places.map((place) => {
      const name = `${visibleText(place.path)}:${place.startLine}`;
      const open = (): void => host.postMessage({ type: "openPlace", place });
      return button(name, `${name}, open this place`, open, { className: "place" });
    });
    after.append(element("div", { class: "places" }, "From: ", ...places));
  }
  const { index, count } = turn.version;
  const actions = element("div", { class: "turnActions" });
  if (count > 1) {
    const step = (by: -1 | 1) => () => host.postMessage({ type: "showVersion", turnId: turn.id, step: by });
    actions.append(
      button("‹", "Earlier version", step(-1)),
      `${index}/${count}`,
      button("›", "Later version", step(1)),
    );
  }
  const again = (): void => host.postMessage({ type: "regenerate", turnId: turn.id });
  if (turn.role === "assistant") {
    actions.append(
      button("Copy", "Copy the answer", () => host.postMessage({ type: "copyText", text: turn.text })),
      turn.state === "failed"
        ? button("Retry", "Retry this answer", again, { className: "retry" })
        : button("Regenerate", "Regenerate this answer", again),
    );
  } else {
    actions.append(button("Edit", "Edit this message and send it again", onEdit));
  }
  after.append(actions);
  return after;
}

interface Editing {
  /** Told of the text at once and with every change. */
  typed(text: string): void;
  send(text: string): void;
  /** The message is to be left as it was. */
  leave(): void;
}

/** Lets a message be changed in its place. */
function editIn(body: HTMLElement, text: string, { typed, send, leave }: Editing): HTMLTextAreaElement {
  const area = element("textarea", {
    "aria-label": "Edit the message",
    "data-act": "Edit",
    dir: "auto",
    rows: "3",
  });
  area.value = text;
  const trySend = (): void => {
    const wording = area.value.trim();
    if (wording) send(wording);
    else leave();
  };
  area.addEventListener("input", () => typed(area.value));
  area.addEventListener("keydown", (event) => {
    // Keys of an input method choose among what it offers.
    if (event.isComposing) return;
    if (event.key === "Escape") leave();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      trySend();
    }
  });
  body.replaceChildren(
    area,
    element(
      "div",
      { class: "turnActions" },
      button("Send", "Send the edited message", trySend, { act: "Edit" }),
      button("Cancel", "Keep the message as it was", leave),
    ),
  );
  typed(text);
  return area;
}

function welcome(): HTMLElement {
  return element(
    "div",
    { class: "welcome" },
    element(
      "p",
      {},
      "Ask about your code. The answers come from the model that Wisp uses; nothing is sent anywhere else.",
    ),
    element(
      "ul",
      {},
      hint("/", "lists the commands, such as /explain and /tests"),
      hint("#", "adds a file, folder, symbol, the selection, problems or changes"),
      hint("@workspace", "finds the places that matter"),
      hint("Shift", "held while you drag files here adds them"),
    ),
  );
}

function hint(typed: string, what: string): HTMLElement {
  return element("li", {}, element("kbd", {}, typed), ` ${what}`);
}
