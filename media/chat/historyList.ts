import type { ConversationSummary } from "../../src/chat/protocol.ts";
import { button, byId, element } from "./dom.ts";
import { keepFocus } from "./focus.ts";
import { host } from "./host.ts";
import { visibleText } from "./visibleText.ts";

/** The list of kept conversations with search; lies over the conversation while it is open. */
export class HistoryList {
  readonly #panel = byId("history");
  readonly #list = byId("historyItems");
  readonly #search = byId("historySearch") as HTMLInputElement;
  #items: readonly ConversationSummary[] = [];

  constructor() {
    this.#search.addEventListener("input", () => this.#draw());
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    byId("historyClose").addEventListener("click", () => this.close());
    byId("historyDeleteAll").addEventListener("click", () => host.postMessage({ type: "deleteAll" }));
  }

  show(items: readonly ConversationSummary[]): void {
    this.#items = items;
    if (this.#panel.hidden) {
      // What was looked for last time would hide what is new.
      this.#search.value = "";
      this.#panel.hidden = false;
      this.#coverRest(true);
      this.#search.focus();
    }
    this.#draw();
  }

  close(): void {
    this.#panel.hidden = true;
    this.#coverRest(false);
    byId("input").focus();
  }

  /** What the list lies over can be neither seen nor reached with the keyboard. */
  #coverRest(covered: boolean): void {
    for (const id of ["turns", "composer"]) byId(id).inert = covered;
  }

  #draw(): void {
    const wanted = this.#search.value.trim().toLowerCase();
    const found = this.#items.filter((item) => item.title.toLowerCase().includes(wanted));
    const rows = found.map((item) => this.#row(item));
    const drawn = rows.length > 0 ? rows : [element("li", {}, "No conversations.")];
    keepFocus(this.#list, this.#search, () => this.#list.replaceChildren(...drawn));
  }

  #row(item: ConversationSummary): HTMLElement {
    const when = new Date(item.updatedAt).toLocaleString();
    const row = element("li", { "data-id": item.id });
    const title = visibleText(item.title);
    const open = button(
      title,
      `Open ${title}, last changed ${when}`,
      () => {
        host.postMessage({ type: "openConversation", id: item.id });
        this.close();
      },
      { className: "title" },
    );
    open.dir = "auto";
    const rename = (): void => {
      const input = element("input", {
        type: "text",
        "aria-label": "New title",
        "data-act": "Rename",
        dir: "auto",
        value: item.title,
        maxlength: "200",
      });
      input.addEventListener("keydown", (event) => {
        event.stopPropagation();
        if (event.isComposing) return;
        if (event.key === "Escape") this.#draw();
        if (event.key === "Enter" && input.value.trim()) {
          host.postMessage({ type: "renameConversation", id: item.id, title: input.value.trim() });
        }
      });
      open.replaceWith(input);
      input.select();
    };
    row.append(
      open,
      button("Rename", `Rename ${title}`, rename),
      button("Export", `Export ${title} as Markdown`, () =>
        host.postMessage({ type: "export", id: item.id }),
      ),
      button("Delete", `Delete ${title}`, () => this.#askToDelete(row, item.id, title)),
    );
    return row;
  }

  /** What is deleted cannot be brought back, so one press is not enough. */
  #askToDelete(row: HTMLElement, id: string, title: string): void {
    const act = "Delete";
    const keep = button("Keep", `Keep ${title}`, () => this.#draw(), { act });
    const sure = button(
      "Delete for good",
      `Delete ${title} for good`,
      () => host.postMessage({ type: "deleteConversation", id }),
      { act },
    );
    const onKey = (event: Event): void => {
      if ((event as KeyboardEvent).key !== "Escape") return;
      event.stopPropagation();
      this.#draw();
    };
    row.replaceChildren(
      element("span", { class: "title", dir: "auto" }, title),
      element("span", { keydown: onKey }, keep, sure),
    );
    keep.focus();
  }
}
