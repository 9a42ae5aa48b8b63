import type { TurnView } from "../../src/chat/protocol.ts";
import { button, byId, element } from "./dom.ts";
import { host } from "./host.ts";
import { renderMarkdown } from "./markdown.ts";

interface Shown {
  turn: TurnView;
  readonly root: HTMLElement;
  readonly body: HTMLElement;
}

/** Draws the conversation. A streaming answer is drawn again at most once per frame. */
export class Turns {
  readonly #list = byId("turns");
  readonly #announcer = byId("announcer");
  readonly #shown = new Map<string, Shown>();
  readonly #dirty = new Set<string>();
  #frame = 0;

  /** Puts a conversation on screen. Turns that stand there already as they are stay untouched. */
  show(turns: readonly TurnView[]): void {
    const wanted = new Set(turns.map((turn) => turn.id));
    for (const [id, { root }] of this.#shown) {
      if (wanted.has(id)) continue;
      root.remove();
      this.#shown.delete(id);
    }
    this.#list.querySelector(":scope > .welcome")?.remove();
    for (const [index, turn] of turns.entries()) {
      const shown = this.#shown.get(turn.id);
      if (!shown || !same(shown.turn, turn)) this.update(turn);
      const root = this.#shown.get(turn.id)?.root;
      // What is taken over may stand before turns of another branch that have just gone.
      if (root && root !== this.#list.children[index])
        this.#list.insertBefore(root, this.#list.children[index] ?? null);
    }
    if (turns.length === 0) this.#list.append(welcome());
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  update(turn: TurnView): void {
    const known = this.#shown.get(turn.id);
    const before = known?.turn.state;
    if (known) known.turn = turn;
    else {
      const body = element("div", { class: "body", dir: "auto" });
      const root = element("article", { class: `turn ${turn.role}`, "data-turn": turn.id }, body);
      this.#shown.set(turn.id, { turn, root, body });
      this.#list.append(root);
    }
    this.#draw(turn.id);
    // Screen readers get the finished answer once instead of every token.
    if (before === "streaming" && turn.state !== "streaming") this.#announcer.textContent = turn.text;
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
    for (const id of this.#dirty) this.#draw(id);
    this.#dirty.clear();
  }

  #draw(id: string): void {
    const shown = this.#shown.get(id);
    if (!shown) return;
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 40;
    const { turn, root, body } = shown;
    if (turn.role === "user") body.textContent = turn.text;
    else
      body.replaceChildren(
        renderMarkdown(turn.text, (action, code, language) =>
          host.postMessage({ type: "code", action, code, language }),
        ),
      );
    root.classList.toggle("streaming", turn.state === "streaming");
    root.setAttribute("aria-busy", String(turn.state === "streaming"));
    root.setAttribute("aria-label", turn.role === "user" ? "You" : "Wisp");
    for (const old of root.querySelectorAll(":scope > .after")) old.remove();
    if (turn.state !== "streaming") root.append(footer(turn, body));
    if (atEnd) this.#list.scrollTop = this.#list.scrollHeight;
  }
}

function same(one: TurnView, other: TurnView): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function footer(turn: TurnView, body: HTMLElement): HTMLElement {
  const after = element("div", { class: "after" });
  if (turn.error) {
    after.append(element("p", { class: "error", role: "alert" }, `${turn.error.message} ${turn.error.hint}`));
  }
  if (turn.state === "stopped") after.append(element("p", { class: "note" }, "Stopped."));
  if (turn.role === "assistant" && turn.places.length > 0) {
    const places = turn.places.map((place) =>
      button(
        `${place.path}:${place.startLine}`,
        `${place.path}:${place.startLine}, open this place`,
        () => host.postMessage({ type: "openPlace", place }),
        "place",
      ),
    );
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
        ? button("Retry", "Retry this answer", again, "retry")
        : button("Regenerate", "Regenerate this answer", again),
    );
  } else {
    actions.append(button("Edit", "Edit this message and send it again", () => startEditing(turn, body)));
  }
  after.append(actions);
  return after;
}

function startEditing(turn: TurnView, body: HTMLElement): void {
  const area = element("textarea", { "aria-label": "Edit the message", rows: "3" });
  area.value = turn.text;
  const close = (): void => {
    body.textContent = turn.text;
  };
  const send = (): void => {
    const text = area.value.trim();
    if (text) host.postMessage({ type: "edit", turnId: turn.id, text });
    else close();
  };
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });
  body.replaceChildren(
    area,
    element(
      "div",
      { class: "turnActions" },
      button("Send", "Send the edited message", send),
      button("Cancel", "Keep the message as it was", close),
    ),
  );
  area.focus();
}

function welcome(): HTMLElement {
  return element(
    "div",
    { class: "welcome" },
    element(
      "p",
      {},
      "Ask about your code. The answers come from the model that Wisp runs; nothing is sent anywhere else.",
    ),
    element("p", {}, "/ lists the commands, # adds files, the selection, problems or changes."),
  );
}
