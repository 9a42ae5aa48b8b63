import type { FrameLocator, Page } from "playwright-core";
import { until } from "./until.ts";

/** The chat view: a page of its own inside two nested frames. */
export class ChatPanel {
  readonly #frame: FrameLocator;

  constructor(page: Page) {
    this.#frame = page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
  }

  async ask(text: string): Promise<void> {
    await this.#frame.locator("#input").fill(text);
    await this.#frame.locator("#input").press("Enter");
  }

  /** Texts of the answers, those that are still being written included. */
  async answers(): Promise<string[]> {
    const texts = await this.#frame.locator("article.assistant > .body").allTextContents();
    return texts.map((text) => text.trim());
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

  async draft(): Promise<string> {
    return this.#frame.locator("#input").inputValue();
  }
}
