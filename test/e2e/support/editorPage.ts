import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { outDir } from "../../../scripts/support/repo.ts";
import { isEditorFocused, readGhostText } from "./insidePage.ts";
import { until } from "./until.ts";

/** From one line of a suggestion to the next on a slow machine. */
const stillMs = 1_000;
const quickInput = ".quick-input-widget input:visible";

/** Shows a file of the workspace with the cursor at a place, both from 1. */
export type ShowFile = (file: string, line: number, column: number) => Promise<void>;

/** VS Code's window as a person uses it: keys in, what is painted out. */
export class EditorPage {
  readonly page: Page;
  readonly #show: ShowFile;

  constructor(page: Page, show: ShowFile) {
    this.page = page;
    this.#show = show;
  }

  async waitForWorkbench(): Promise<void> {
    await this.page.waitForSelector(".explorer-folders-view .monaco-list-row", { timeout: 90_000 });
  }

  /** Loads the window again and waits until it is drawn, whichever view was open in it. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.page.waitForSelector(".monaco-workbench .statusbar-item", { timeout: 90_000 });
  }

  /** Opens a file of the workspace with the cursor at a place (both from 1) and waits until keys go there. */
  async open(file: string, line: number, column: number): Promise<void> {
    const name = file.split("/").at(-1) ?? file;
    await this.#show(file, line, column);
    await this.page.waitForSelector(".part.editor .editor-instance .monaco-editor .view-line");
    await until(
      "the cursor is in the file",
      15_000,
      async () => {
        return (
          (await this.page.evaluate(isEditorFocused)) &&
          (await this.activeTab()).includes(name) &&
          (await this.cursor())
        );
      },
      (cursor) => typeof cursor === "string" && cursor.startsWith(`Ln ${line}, Col ${column}`),
    );
  }

  /** Runs a command by its title in the palette, for example "Wisp: Show Log". */
  async command(title: string): Promise<void> {
    const row = this.page.locator(`.quick-input-list .monaco-list-row[aria-label^="${title}"]`).first();
    const input = this.page.locator(quickInput);
    // A workbench that has just been loaded takes the focus away in the middle, with which the palette closes, and learns of
    // commands later.
    await until(`the palette takes ${title}`, 60_000, async () => {
      await this.page.keyboard.press("F1");
      // Into the box, whoever has the focus: a chat's input would take the keys.
      const isTaken = await input
        .fill(`>${title}`, { timeout: 5_000 })
        .then(() => row.waitFor({ timeout: 5_000 }))
        .then(() => row.click({ timeout: 5_000 }))
        .then(
          () => true,
          () => false,
        );
      // An open palette keeps the list that it has.
      if (!isTaken) await this.page.keyboard.press("Escape");
      return isTaken;
    });
  }

  /** Picks an entry of the list that a command shows. */
  async pick(label: string): Promise<void> {
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: label }).first();
    await row.waitFor({ timeout: 30_000 });
    await row.click();
  }

  /** Answers the input box whose title or prompt is `question`. */
  async enter(question: RegExp, text: string): Promise<void> {
    await this.page
      .locator(".quick-input-widget:visible", { hasText: question })
      .waitFor({ timeout: 30_000 });
    await this.page.locator(quickInput).first().fill(text);
    await this.page.keyboard.press("Enter");
  }

  async type(text: string, delayMs = 60): Promise<void> {
    await this.page.keyboard.type(text, { delay: delayMs });
  }

  async press(key: string, times = 1): Promise<void> {
    for (let i = 0; i < times; i += 1) await this.page.keyboard.press(key);
  }

  /** The painted ghost text, lines joined with a line feed; empty when there is none. */
  async ghostText(): Promise<string> {
    return this.page.evaluate(readGhostText);
  }

  /** Ghost text that has not grown for a while. @throws {Error} when none appears in time. */
  async waitForGhostText(deadlineMs = 60_000): Promise<string> {
    let last = { text: "", at: performance.now() };
    return until("ghost text appears", deadlineMs, async () => {
      const text = await this.ghostText();
      if (text !== last.text) last = { text, at: performance.now() };
      return performance.now() - last.at < stillMs ? "" : text;
    });
  }

  async waitForNoGhostText(deadlineMs = 10_000): Promise<void> {
    await until(
      "ghost text goes away",
      deadlineMs,
      () => this.ghostText(),
      (text) => text === "",
    );
  }

  async cursor(): Promise<string> {
    const text = await this.page.locator(".statusbar-item[id='status.editor.selection']").textContent();
    return text?.trim() ?? "";
  }

  async activeTab(): Promise<string> {
    return (await this.page.locator(".part.editor .tab.active").first().getAttribute("aria-label")) ?? "";
  }

  /** Text and buttons of the notifications on screen. */
  async notifications(): Promise<string[]> {
    return this.page.locator(".notifications-toasts .notification-list-item").allInnerTexts();
  }

  async waitForNotification(text: string | RegExp, deadlineMs = 30_000): Promise<string> {
    const matches = (notification: string) =>
      typeof text === "string" ? notification.includes(text) : text.test(notification);
    const seen = await until(
      `a notification with ${text}`,
      deadlineMs,
      () => this.notifications(),
      (all) => all.some(matches),
    );
    return seen.find(matches) ?? "";
  }

  async clickNotificationButton(label: string): Promise<void> {
    await this.page.locator(".notifications-toasts .monaco-button", { hasText: label }).first().click();
  }

  /** Text of Wisp's own entry in the status bar, with its tooltip's label. */
  async statusBar(): Promise<string> {
    const item = this.page.locator(".statusbar-item[id^='wisp-local.wisp']").first();
    if ((await item.count()) === 0) return "";
    return `${await item.textContent()} ${(await item.getAttribute("aria-label")) ?? ""}`.trim();
  }

  async save(): Promise<void> {
    await this.page.keyboard.press("Control+S");
    await until(
      "the file is saved",
      10_000,
      () => this.page.locator(".tab.active.dirty").count(),
      (n) => n === 0,
    );
  }

  async screenshot(name: string): Promise<void> {
    const folder = join(outDir, "screenshots");
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }
}
