import type { FrameLocator, Page } from "playwright-core";
import type { EditorPage } from "./editorPage.ts";
import { until } from "./until.ts";

/** The chat view: a page of its own inside two nested frames. */
export class ChatPanel {
  readonly #frame: FrameLocator;

  constructor(page: Page) {
    this.#frame = page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
  }

  /** Opens the chat beside a file of the workspace, and waits until it follows that file. */
  static async openBeside(editor: EditorPage, file: string): Promise<ChatPanel> {
    await editor.open(file, 1, 1);
    await editor.command("Wisp: Open Chat");
    const chat = new ChatPanel(editor.page);
    const name = file.split("/").at(-1) ?? file;
    await chat.waitForChip(new RegExp(`^${name.replaceAll(".", "\\.")}`));
    return chat;
  }

  async ask(text: string): Promise<void> {
    await this.#frame.locator("#input").fill(text);
    await this.#frame.locator("#input").press("Enter");
  }

  /** Asks and waits until the answer to it has ended. @returns its text. */
  async answerTo(question: string, deadlineMs = 120_000): Promise<string> {
    const before = (await this.answers()).length;
    await this.ask(question);
    await until(
      "an answer begins",
      deadlineMs,
      () => this.answers(),
      (answers) => answers.length > before,
    );
    return this.waitForAnswer(deadlineMs);
  }

  /** Texts of the answers, those that are still being written included. */
  async answers(): Promise<string[]> {
    const texts = await this.#frame.locator("article.assistant > .body").allTextContents();
    return texts.map((text) => text.trim());
  }

  async questions(): Promise<string[]> {
    return this.#frame.locator("article.user > .body").allTextContents();
  }

  async lastQuestion(): Promise<string> {
    return (await this.#frame.locator("article.user > .body").last().textContent()) ?? "";
  }

  async waitForText(text: string, deadlineMs = 60_000): Promise<void> {
    await this.#frame
      .locator("article.assistant > .body", { hasText: text })
      .last()
      .waitFor({ timeout: deadlineMs });
  }

  /** Waits until a new conversation is on screen. */
  async waitForEmpty(): Promise<void> {
    await this.#frame.locator(".welcome").waitFor();
  }

  /** Waits until the last answer has ended. @returns its text. */
  async waitForAnswer(deadlineMs = 120_000): Promise<string> {
    await this.#frame.locator("article.assistant").last().waitFor({ timeout: deadlineMs });
    await until(
      "the answer has ended",
      deadlineMs,
      () => this.#frame.locator("article.streaming").count(),
      (running) => running === 0,
    );
    return (await this.answers()).at(-1) ?? "";
  }

  async waitForError(deadlineMs = 60_000): Promise<string> {
    const error = this.#frame.locator("article .error").last();
    await error.waitFor({ timeout: deadlineMs });
    return (await error.textContent()) ?? "";
  }

  async press(button: string): Promise<void> {
    await this.#frame.getByRole("button", { name: button }).last().click();
  }

  /** Sends another wording of the last question. */
  async editQuestion(text: string): Promise<void> {
    await this.press("Edit this message and send it again");
    const box = this.#frame.getByRole("textbox", { name: "Edit the message" });
    await box.fill(text);
    await box.press("Enter");
  }

  /** Waits until which of its versions the last message of this side is, as `2/3`; empty when there is only one. */
  async waitForVersion(side: "user" | "assistant", wanted: string): Promise<void> {
    const actions = this.#frame.locator(`article.${side} .turnActions`).last();
    await until(
      `the version is "${wanted}"`,
      20_000,
      async () => /\d+\/\d+/.exec((await actions.textContent()) ?? "")?.[0] ?? "",
      (version) => version === wanted,
    );
  }

  /** Shows an earlier or later version of the last message of this side. */
  async showVersion(side: "user" | "assistant", which: "Earlier" | "Later"): Promise<void> {
    const last = this.#frame.locator(`article.${side}`).last();
    await last.getByRole("button", { name: `${which} version` }).click();
  }

  async clickLink(text: string): Promise<void> {
    await this.#frame.locator("article a", { hasText: text }).last().click();
  }

  /** How many elements the last answer has that a selector finds. */
  async inAnswer(selector: string): Promise<number> {
    return this.#frame.locator("article.assistant").last().locator(selector).count();
  }

  /** Colours of the words of the last code block, each once. */
  async codeColours(): Promise<string[]> {
    const colours = await this.#frame
      .locator(".codeBlock pre")
      .last()
      .locator("span")
      .evaluateAll((all) => {
        const styleOf = (globalThis as unknown as { getComputedStyle(node: unknown): { color: string } })
          .getComputedStyle;
        return all.map((node) => styleOf(node).color);
      });
    return [...new Set(colours)];
  }

  /** Puts the text into the input box as a person would type it, without sending it. */
  async type(text: string): Promise<void> {
    await this.#frame.locator("#input").fill("");
    await this.#frame.locator("#input").pressSequentially(text, { delay: 20 });
  }

  async key(key: string): Promise<void> {
    await this.#frame.locator("#input").press(key);
  }

  /** What the completion list offers, once it offers something that satisfies. */
  async suggestions(wanted: RegExp, deadlineMs = 20_000): Promise<string[]> {
    return until(
      `a suggestion with ${wanted}`,
      deadlineMs,
      () => this.offered(),
      (labels) => labels.some((label) => wanted.test(label)),
    );
  }

  /** What the completion list offers now. */
  async offered(): Promise<string[]> {
    return this.#frame.locator("#suggestions li .label").allTextContents();
  }

  /** The chips as they read: label and cost. */
  async chips(): Promise<string[]> {
    return this.#frame
      .locator(".chip")
      .evaluateAll((all) =>
        all.map((chip) =>
          [...chip.querySelectorAll("span")]
            .map((part) => (part as { textContent: string }).textContent)
            .join(" "),
        ),
      );
  }

  async waitForChip(wanted: RegExp): Promise<string> {
    const chips = await until(
      `a chip with ${wanted}`,
      20_000,
      () => this.chips(),
      (all) => all.some((chip) => wanted.test(chip)),
    );
    return chips.find((chip) => wanted.test(chip)) ?? "";
  }

  async waitForNotice(wanted: RegExp): Promise<void> {
    await until(
      `the notice says ${wanted}`,
      20_000,
      async () => (await this.#frame.locator("#notice").textContent()) ?? "",
      (text) => wanted.test(text),
    );
  }

  /** The middle of the conversation in the window's coordinates. */
  async middle(): Promise<{ x: number; y: number }> {
    const box = await this.#frame.locator("#turns").boundingBox();
    if (!box) throw new Error("the conversation is not on screen");
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }

  /** What axe-core objects to, with the colours that the editor gives the page. @param source of axe-core */
  async violations(source: string): Promise<string[]> {
    const body = this.#frame.locator("body");
    await body.evaluate(source);
    // The page lets the sidebar shine through, into which axe-core cannot look.
    await body.evaluate((node) => {
      (node as unknown as { style: { background: string } }).style.background =
        "var(--vscode-sideBar-background)";
    });
    return body.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: {
          run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
        };
      };
      const { violations } = await axe.run();
      return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
    });
  }

  async scrollTop(): Promise<number> {
    return this.#frame
      .locator("#turns")
      .evaluate((list) => (list as unknown as { scrollTop: number }).scrollTop);
  }

  /** Scrolls the conversation, which has to be long enough, and waits until the page has noticed. */
  async scrollTo(scrollTop: number): Promise<void> {
    await this.#frame.locator("#turns").evaluate((list, top) => {
      const at = list as unknown as { scrollTop: number };
      if (at.scrollTop === top) return undefined;
      const noticed = new Promise((resolve) => list.addEventListener("scroll", resolve, { once: true }));
      at.scrollTop = top;
      if (at.scrollTop !== top) throw new Error(`it scrolls to ${at.scrollTop}, not to ${top}`);
      return noticed;
    }, scrollTop);
  }

  /** Name of the colour theme that the editor gives the page. */
  async theme(): Promise<string> {
    return (await this.#frame.locator("body").getAttribute("data-vscode-theme-id")) ?? "";
  }

  /** What the page says while its conversation is empty. */
  async welcome(): Promise<string> {
    return (await this.#frame.locator(".welcome").textContent()) ?? "";
  }

  /** What can be done with the last code block. */
  async codeActions(): Promise<string[]> {
    return this.#frame.locator(".codeBlock").last().locator("button").allTextContents();
  }

  /** The places under the last answer. */
  async places(): Promise<string[]> {
    return this.#frame.locator("article.assistant").last().locator(".place").allTextContents();
  }

  async notes(): Promise<string[]> {
    return this.#frame.locator("article .note").allTextContents();
  }

  async history(): Promise<string[]> {
    return this.#frame.locator("#historyItems .title").allTextContents();
  }

  /** Gives a conversation of the open history another title. */
  async rename(title: string, to: string): Promise<void> {
    await this.press(`Rename ${title}`);
    const box = this.#frame.getByRole("textbox", { name: "New title" });
    await box.fill(to);
    await box.press("Enter");
  }

  async searchHistory(text: string): Promise<void> {
    await this.#frame.locator("#historySearch").fill(text);
  }

  async draft(): Promise<string> {
    return this.#frame.locator("#input").inputValue();
  }

  /** Types in the place of the last question. */
  async typeInPlace(text: string): Promise<void> {
    await this.#frame
      .locator("article.user")
      .last()
      .getByRole("button", { name: /^Edit this message/ })
      .click();
    await this.#frame.locator("article.user textarea").fill(text);
  }

  /** What is typed in the place of a question. */
  async typedInPlace(): Promise<readonly string[]> {
    const areas = await this.#frame.locator("article.user textarea").all();
    return Promise.all(areas.map((area) => area.inputValue()));
  }
}
