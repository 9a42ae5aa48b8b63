import type { ChipView, SuggestionView } from "../../src/chat/protocol.ts";
import { button, byId, element } from "./dom.ts";
import { takeDrops } from "./drops.ts";
import { keepFocus } from "./focus.ts";
import { host } from "./host.ts";
import { visibleText } from "./visibleText.ts";

/** In characters. The browser's text box is slow with more, and no model that runs on a laptop reads it. */
const longestMessage = 100_000;

/** The input box with its chips, its completion list and the send or stop button. */
export class Composer {
  readonly #input = byId("input") as HTMLTextAreaElement;
  readonly #list = byId("suggestions");
  readonly #chips = byId("chips");
  readonly #meter = byId("meter") as HTMLMeterElement;
  readonly #meterText = byId("meterText");
  readonly #send = byId("send") as HTMLButtonElement;
  readonly #say: (notice: string) => void;
  #busy = false;
  #items: readonly SuggestionView[] = [];
  #selected = 0;
  /** What suggestions are waited for or shown; empty for none. */
  #asked = "";

  /** @param say shows why the box does not take a text; empty when it is to be forgotten. */
  constructor(say: (notice: string) => void) {
    this.#say = say;
    this.#input.addEventListener("input", () => this.#changed());
    this.#input.addEventListener("paste", (event) => {
      this.#refuseTooLong(event, event.clipboardData?.getData("text/plain"));
    });
    this.#input.addEventListener("beforeinput", (event) => {
      if (event.inputType === "insertFromDrop") this.#refuseTooLong(event, event.data);
    });
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("blur", () => this.#close());
    this.#send.addEventListener("click", () => this.#sendOrStop());
    takeDrops((uris) => host.postMessage({ type: "dropped", uris }));
  }

  setDraft(text: string): void {
    if (this.#input.value === text) return;
    this.#input.value = text;
    this.#resize();
  }

  focus(): void {
    this.#input.focus();
  }

  setBusy(busy: boolean): void {
    this.#busy = busy;
    this.#send.textContent = busy ? "Stop" : "Send";
    this.#send.setAttribute("aria-label", busy ? "Stop the answer" : "Send the message");
  }

  setContext(chips: readonly ChipView[], used: number, budget: number): void {
    keepFocus(this.#chips, this.#input, () => this.#chips.replaceChildren(...chips.map(chip)));
    this.#meter.max = Math.max(1, budget);
    this.#meter.value = Math.min(used, budget);
    this.#meterText.textContent = `${count(used)} / ${count(budget)}`;
    const spoken = `${count(used)} of ${count(budget)} tokens`;
    this.#meter.setAttribute("aria-valuetext", spoken);
    this.#meter.title = this.#meterText.title = spoken;
  }

  suggest(query: string, items: readonly SuggestionView[]): void {
    // Who has gone on, or has put them away, is not held up by what comes late.
    const isWanted = query === this.#asked && query === this.#query();
    if (!isWanted || document.activeElement !== this.#input) return;
    this.#items = items;
    this.#selected = 0;
    this.#drawSuggestions();
  }

  #query(): string {
    const before = this.#input.value.slice(0, this.#input.selectionStart);
    const typed = /(?:^\/[\p{L}\p{M}\p{N}_-]*|(?:^|\s)(?:#(?:file|folder|symbol):"[^"\n]*|[#@]\S*))$/u.exec(
      before,
    );
    return typed?.[0].trimStart() ?? "";
  }

  #refuseTooLong(event: Event, added: string | null | undefined): void {
    const text = added ?? "";
    const { value, selectionStart, selectionEnd } = this.#input;
    if (value.length - (selectionEnd - selectionStart) + text.length <= longestMessage) return;
    event.preventDefault();
    this.#say(
      `What you add has ${text.length.toLocaleString("en")} characters; a message takes ${longestMessage.toLocaleString("en")}. Save it as a file and add that by #file or by dragging it here.`,
    );
  }

  #changed(): void {
    this.#say("");
    this.#resize();
    host.postMessage({ type: "draft", text: this.#input.value });
    const query = this.#query();
    this.#asked = query;
    if (query) host.postMessage({ type: "suggest", query });
    else this.#close();
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (this.#items.length > 0) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        this.#selected = (this.#selected + step + this.#items.length) % this.#items.length;
        this.#drawSuggestions();
        return;
      }
      // What stands there whole already needs no completing: Enter sends it.
      const isWhole = this.#items[this.#selected]?.insert.trim() === this.#query();
      if (
        (event.key === "Tab" && !event.shiftKey) ||
        (event.key === "Enter" && !event.shiftKey && !isWhole)
      ) {
        event.preventDefault();
        this.#take(this.#selected);
        return;
      }
      if (event.key === "Escape") {
        event.preventDefault();
        this.#close();
        return;
      }
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (!this.#busy) this.#sendOrStop();
    } else if (event.key === "Escape" && this.#busy) host.postMessage({ type: "stop" });
  }

  #sendOrStop(): void {
    if (this.#busy) {
      host.postMessage({ type: "stop" });
      return;
    }
    const text = this.#input.value.trim();
    if (!text) return;
    host.postMessage({ type: "send", text });
    this.#input.value = "";
    this.#close();
    this.#resize();
  }

  #take(index: number): void {
    const item = this.#items[index];
    if (!item) return;
    const end = this.#input.selectionStart;
    const start = end - this.#query().length;
    this.#input.setRangeText(item.insert, start, end, "end");
    this.#close();
    this.#changed();
  }

  #close(): void {
    this.#asked = "";
    this.#items = [];
    this.#drawSuggestions();
  }

  #drawSuggestions(): void {
    this.#list.hidden = this.#items.length === 0;
    this.#list.replaceChildren(
      ...this.#items.map((item, index) =>
        element(
          "li",
          {
            id: `suggestion-${index}`,
            role: "option",
            "aria-selected": String(index === this.#selected),
            mousedown: (event) => {
              event.preventDefault();
              this.#take(index);
            },
          },
          element("span", { class: "label", dir: "auto" }, visibleText(item.label)),
          element("span", { class: "detail" }, visibleText(item.detail)),
        ),
      ),
    );
    if (this.#items.length > 0)
      this.#input.setAttribute("aria-activedescendant", `suggestion-${this.#selected}`);
    else this.#input.removeAttribute("aria-activedescendant");
    this.#list.children[this.#selected]?.scrollIntoView({ block: "nearest" });
  }

  #resize(): void {
    this.#input.style.height = "auto";
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, 240)}px`;
  }
}

function chip(view: ChipView): HTMLElement {
  const { tokens, sentTokens } = view;
  const [label, detail] = [visibleText(view.label), visibleText(view.detail)];
  const state = sentTokens === 0 ? "left out" : sentTokens < tokens ? "cut" : "";
  const cost =
    state === "left out"
      ? `${count(tokens)} tokens, no room left: not sent`
      : state === "cut"
        ? `the first ${count(sentTokens)} of ${count(tokens)} tokens`
        : `${count(tokens)} tokens`;
  return element(
    "span",
    {
      class: `chip ${state && "tooBig"}`,
      title: `${detail} (${cost})`,
      role: "listitem",
      "data-id": view.id,
    },
    element("span", { class: "label", dir: "auto" }, label),
    element("span", { class: "cost" }, state ? `${count(tokens)}, ${state}` : count(tokens)),
    // Rules go along with every question, whatever the editor shows: there is nothing to pin.
    ...(view.kind === "rules" || view.kind === "workspace" ? [] : [pinButton(view, label)]),
    button("×", `Remove ${label}`, () => host.postMessage({ type: "removeChip", id: view.id })),
  );
}

function count(tokens: number): string {
  return tokens < 1000 ? String(tokens) : `${(tokens / 1000).toFixed(1)}k`;
}

function pinButton(view: ChipView, label: string): HTMLElement {
  return button(
    view.pinned ? "●" : "○",
    view.pinned ? `Unpin ${label}` : `Pin ${label}`,
    () => host.postMessage({ type: "pinChip", id: view.id }),
    { act: "pin" },
  );
}
