import assert from "node:assert/strict";
import { ChatPanel } from "./support/chatPanel.ts";
import { Session } from "./support/session.ts";
import { until } from "./support/until.ts";

const label = `export function label(count: number): string {
  const text: number = "items: " + count;
  return text;
}
`;

const mean = `/** The average of the values. */
export function mean(values: number[]): number {
  let sum = 0;
  for (const value of values) sum -= value;
  return sum / values.length;
}
`;

describe("explain, find bugs and fix in VS Code, from the real model", () => {
  let session: Session;

  before(async () => {
    session = await Session.start({
      files: {
        "src/label.ts": label,
        "src/mean.ts": mean,
        "tsconfig.json": JSON.stringify({
          compilerOptions: { strict: true, module: "esnext" },
          include: ["src"],
        }),
      },
      settings: { "wisp.enabled": false, "wisp.fix.candidates": 8 },
    });
    await session.editor.open("src/label.ts", 1, 18);
  });

  after(() => session?.stop());

  it("explains from the menu of the right mouse button", async () => {
    const { page } = session.editor;
    await page.locator(".view-line", { hasText: "function label" }).click({ button: "right" });
    await page.locator(".monaco-menu .action-label", { hasText: "Wisp" }).first().hover();
    const entry = page.locator(".monaco-submenu .action-label", { hasText: /^Explain$/ });
    await entry.waitFor();
    await session.editor.screenshot("context-menu");
    await entry.click();
    const chat = new ChatPanel(page);
    const answer = await chat.waitForAnswer();
    assert.match(answer, /count|items|string|text/i);
    assert.match(await chat.lastQuestion(), /^Explain src\/label\.ts:1/);
  });

  it("fixes what the compiler reports: checked, shown, accepted, taken back", async () => {
    const { editor } = session;
    const { page } = editor;
    await editor.open("src/label.ts", 2, 9);
    await editor.command("Problems: Focus on Problems View");
    await page
      .locator(".markers-panel .monaco-list-row", { hasText: "not assignable to type 'number'" })
      .first()
      .waitFor({ timeout: 60_000 });
    await editor.open("src/label.ts", 2, 9);
    await page.keyboard.press("Control+.");
    await page.locator(".action-widget .monaco-list-row", { hasText: "Wisp: Fix" }).first().click();
    await page.locator(".monaco-diff-editor").waitFor({ timeout: 150_000 });
    const title = await until("the proposal has a title", 10_000, () => editor.activeTab());
    assert.match(title, /Wisp's proposal \(parses, \d+ problems? → \d+\)/);
    await editor.screenshot("fix-real-model");
    assert.equal(await session.read("src/label.ts"), label, "nothing changes before it is accepted");
    await editor.command("Wisp: Accept Proposal");
    await page.locator(".monaco-diff-editor").waitFor({ state: "detached" });
    await editor.save();
    assert.notEqual(await session.read("src/label.ts"), label);
    await page.keyboard.press("Control+Z");
    await editor.save();
    assert.equal(await session.read("src/label.ts"), label, "one undo takes it back");
  });

  it("underlines a bug that no language server sees, and mends it from the light bulb", async () => {
    const { editor } = session;
    const { page } = editor;
    await editor.open("src/mean.ts", 4, 3);
    await editor.command("Wisp: Find Bugs");
    await editor.waitForNotification("Found 1 possible bug", 120_000);
    await page.locator(".monaco-editor .squiggly-warning").first().waitFor();
    await editor.command("Problems: Focus on Problems View");
    const row = page.locator(".markers-panel .monaco-list-row", { hasText: "This line may be wrong" });
    assert.match((await row.first().textContent()) ?? "", /sum \+= value.*% sure.*wisp/);
    await editor.screenshot("find-bugs-real-model");
    const fixes = page.locator(".action-widget .monaco-list-row", { hasText: "Wisp: Fix “This line" });
    // The list holds what was known when it was asked for; the finding may come to the editor a moment later.
    await until("the finding can be fixed", 30_000, async () => {
      await editor.open("src/mean.ts", 4, 3);
      await page.keyboard.press("Control+.");
      return fixes
        .first()
        .waitFor({ timeout: 3_000 })
        .then(
          () => true,
          () => page.keyboard.press("Escape").then(() => false),
        );
    });
    await fixes.first().click();
    await page.locator(".monaco-diff-editor").waitFor({ timeout: 150_000 });
    const title = await until("the proposal has a title", 10_000, () => editor.activeTab());
    assert.match(title, /Wisp's proposal \(parses, .*likelier to the model/);
    await editor.command("Wisp: Accept Proposal");
    await page.locator(".monaco-diff-editor").waitFor({ state: "detached" });
    await editor.save();
    assert.equal(await session.read("src/mean.ts"), mean.replace("sum -=", "sum +="));
    await page.keyboard.press("Control+Z");
    await editor.save();
    assert.equal(await session.read("src/mean.ts"), mean, "one undo takes it back");
  });
});
