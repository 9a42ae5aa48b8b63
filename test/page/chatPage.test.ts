import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { outDir, repoRoot } from "../../scripts/support/repo.ts";
import { type ChatPageServer, startChatPage } from "../../scripts/testing/chatPageServer.ts";
import { chromiumArgs, ensureChromium } from "../../scripts/testing/chromium.ts";
import type { FromView, ScrollPosition, ToView, TurnView } from "../../src/chat/protocol.ts";
import { hostileAnswers } from "./hostileAnswers.ts";
import { themes } from "./themes.ts";

/** What the page leaves behind for the tests to look at. */
interface Probe {
  readonly posted: FromView[];
  readonly breaches: string[];
}

function turn(id: string, role: TurnView["role"], text: string, change: Partial<TurnView> = {}): TurnView {
  return { id, role, text, state: "complete", places: [], version: { index: 1, count: 1 }, ...change };
}

const conversation = (turns: readonly TurnView[], { id = "c", draft = "" } = {}): ToView => ({
  type: "conversation",
  id,
  turns,
  draft,
});

describe("chat page", function () {
  this.timeout(60_000);
  let server: ChatPageServer;
  let browser: Browser;
  let page: Page;

  before(async () => {
    await mkdir(join(outDir, "screenshots"), { recursive: true });
    server = await startChatPage();
    browser = await chromium.launch({ executablePath: await ensureChromium(), args: [...chromiumArgs] });
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 380, height: 760 } });
    await page.addInitScript(() => {
      const probe: Probe = { posted: [], breaches: [] };
      Object.assign(window, {
        probe,
        acquireVsCodeApi: () => ({
          postMessage: (message: FromView) => probe.posted.push(message),
        }),
      });
      for (const name of ["alert", "confirm", "prompt", "open", "fetch"]) {
        Object.assign(window, { [name]: () => probe.breaches.push(name) });
      }
      document.addEventListener("securitypolicyviolation", (event) =>
        probe.breaches.push(event.violatedDirective),
      );
    });
    await page.goto(server.origin);
  });
  afterEach(() => page.close());

  const send = (message: ToView): Promise<void> =>
    page.evaluate((data) => {
      window.dispatchEvent(new MessageEvent("message", { data }));
    }, message);
  const probe = (): Promise<Probe> => page.evaluate(() => (window as unknown as { probe: Probe }).probe);
  const paint = (theme: Readonly<Record<string, string>>): Promise<void> =>
    page.evaluate((variables) => {
      for (const [key, value] of Object.entries(variables))
        document.documentElement.style.setProperty(key, value);
      document.body.style.background = variables["--vscode-sideBar-background"] ?? "";
    }, theme);
  const posted = async (type: FromView["type"]): Promise<FromView[]> =>
    (await probe()).posted.filter((message) => message.type === type);

  it("says that it is ready and shows how to begin", async () => {
    await send(conversation([]));
    assert.equal((await posted("ready")).length, 1);
    assert.match((await page.textContent("#turns")) ?? "", /Ask about your code/);
  });

  it("sends with Enter, breaks the line with Shift+Enter, and stops while an answer runs", async () => {
    await page.fill("#input", "one");
    await page.press("#input", "Shift+Enter");
    await page.type("#input", "two");
    await page.press("#input", "Enter");
    assert.deepEqual(await posted("send"), [{ type: "send", text: "one\ntwo" }]);
    assert.equal(await page.inputValue("#input"), "");
    await send({ type: "status", busy: true, model: "m" });
    await page.click("#send");
    assert.equal((await posted("stop")).length, 1);
  });

  it("streams an answer in place and announces it once it is whole", async () => {
    await send(conversation([turn("q", "user", "Hi"), turn("a", "assistant", "", { state: "streaming" })]));
    await send({ type: "delta", turnId: "a", offset: 0, text: "Hello **wor" });
    await send({ type: "delta", turnId: "a", offset: 11, text: "ld**" });
    await page.waitForSelector(".assistant strong");
    assert.equal(await page.textContent("#announcer"), "Wisp is answering.");
    await send({ type: "turn", turn: turn("a", "assistant", "Hello **world**") });
    assert.equal(await page.textContent("#announcer"), "Hello **world**");
  });

  it("asks for the whole conversation when it has missed a piece", async () => {
    await send(conversation([turn("a", "assistant", "abc", { state: "streaming" })]));
    await send({ type: "delta", turnId: "a", offset: 9, text: "late" });
    assert.equal((await posted("ready")).length, 2);
  });

  it("asks for the whole once, however many pieces come until it is there", async () => {
    for (let n = 0; n < 20; n++) await send({ type: "delta", turnId: "a", offset: n, text: "x" });
    assert.equal((await posted("ready")).length, 1, "the page has asked when it was loaded");
    await send(conversation([turn("a", "assistant", "x", { state: "streaming" })]));
    for (let n = 0; n < 20; n++) await send({ type: "delta", turnId: "a", offset: n + 9, text: "x" });
    assert.equal((await posted("ready")).length, 2);
    await send(conversation([turn("a", "assistant", "x", { state: "streaming" })]));
    await send({ type: "delta", turnId: "a", offset: 1, text: "y" });
    await page.waitForFunction(
      () => document.querySelector(".assistant .body")?.textContent?.trim() === "xy",
    );
    assert.equal((await posted("ready")).length, 2);
  });

  it("opens a link through the extension only", async () => {
    await page.evaluate(() => {
      const { breaches } = (window as unknown as { probe: Probe }).probe;
      window.addEventListener("click", () => breaches.push("click"));
    });
    await send(conversation([turn("a", "assistant", "See [the manual](https://example.org/a?b=c%26d).")]));
    await page.click("text=the manual");
    assert.deepEqual(await posted("openLink"), [{ type: "openLink", href: "https://example.org/a?b=c%26d" }]);
    assert.deepEqual((await probe()).breaches, []);
    await page.click("#input");
    assert.deepEqual((await probe()).breaches, ["click"]);
  });

  it("acts on code blocks through the extension only", async () => {
    await send(conversation([turn("a", "assistant", "```ts\nconst a = 1;\n```\n\n```sh\nls\n```")]));
    await page.click("text=Apply");
    await page.click("text=Terminal");
    assert.deepEqual(await posted("code"), [
      { type: "code", action: "apply", code: "const a = 1;", language: "ts", turnId: "a" },
      { type: "code", action: "terminal", code: "ls", language: "sh", turnId: "a" },
    ]);
    assert.ok((await page.$$(".hljs-keyword")).length > 0, "code is highlighted");
  });

  it("shows a block of code from its first line on, before there is code in it", async () => {
    for (const text of ["```python", "```python\n", "- ```python\n"]) {
      await send(conversation([turn("a", "assistant", `So:\n\n${text}`, { state: "streaming" })]));
      const body = page.locator("article[data-turn=a] .body");
      assert.equal(await body.locator(".codeBlock .language").textContent(), "python");
      assert.equal(await body.locator("pre").textContent(), "");
      assert.doesNotMatch((await body.textContent()) ?? "", /`/);
    }
  });

  it("colours a block that grows now and then, what was added once it ends, and nothing past a long word", async () => {
    const line = "const value = compute(a, b);\n";
    const counts = (): Promise<{ lines: number; keywords: number }> =>
      page.$eval("article[data-turn=a] pre", (pre) => ({
        lines: (pre.textContent ?? "").trimEnd().split("\n").length,
        keywords: pre.querySelectorAll(".hljs-keyword").length,
      }));
    const answer = (lines: number, rest = "", state: TurnView["state"] = "streaming"): Promise<void> =>
      send({
        type: "turn",
        turn: turn("a", "assistant", `\`\`\`ts\n${line.repeat(lines)}${rest}`, { state }),
      });
    await answer(10);
    assert.deepEqual(await counts(), { lines: 10, keywords: 10 });
    await answer(12);
    assert.deepEqual(await counts(), { lines: 12, keywords: 12 }, "little code at once");
    await answer(100);
    assert.deepEqual(await counts(), { lines: 100, keywords: 100 });
    await answer(119);
    assert.deepEqual(await counts(), { lines: 119, keywords: 100 }, "not with each line");
    await answer(120);
    assert.deepEqual(await counts(), { lines: 120, keywords: 120 });
    await answer(130);
    assert.deepEqual(await counts(), { lines: 130, keywords: 120 });
    await answer(130, "```\n\nSo");
    assert.deepEqual(await counts(), { lines: 130, keywords: 130 }, "when something else follows");
    await answer(170, `${"a".repeat(200)}\n${line}`);
    assert.deepEqual(await counts(), { lines: 172, keywords: 170 });
    await answer(135);
    await answer(145);
    assert.deepEqual(await counts(), { lines: 145, keywords: 135 });
    await answer(145, "", "stopped");
    assert.deepEqual(await counts(), { lines: 145, keywords: 145 }, "when the answer ends");
  });

  it("completes commands with the keyboard", async () => {
    await page.type("#input", "/ex");
    await send({
      type: "suggestions",
      query: "/ex",
      items: [{ insert: "/explain ", label: "/explain", detail: "Explain" }],
    });
    await page.press("#input", "Tab");
    assert.equal(await page.inputValue("#input"), "/explain ");
  });

  it("sends with Enter what is typed whole, although a completion of it is offered", async () => {
    const items = [
      { insert: "/help ", label: "/help", detail: "List the commands" },
      { insert: "/help-me ", label: "/help-me", detail: "A prompt" },
    ];
    await page.type("#input", "/help");
    await send({ type: "suggestions", query: "/help", items });
    await page.press("#input", "ArrowDown");
    await page.press("#input", "Enter");
    assert.equal(await page.inputValue("#input"), "/help-me ");
    await page.fill("#input", "/help");
    await send({ type: "suggestions", query: "/help", items });
    await page.press("#input", "Enter");
    assert.deepEqual(await posted("send"), [{ type: "send", text: "/help" }]);
    assert.equal(await page.isVisible("#suggestions"), false);
  });

  it("offers no completion that comes after it was put away, and leaves Shift+Tab to go back", async () => {
    const items = [{ insert: "/explain ", label: "/explain", detail: "Explain" }];
    const offer = (): Promise<void> => send({ type: "suggestions", query: "/ex", items });
    await page.type("#input", "/ex");
    await offer();
    await page.press("#input", "Escape");
    await offer();
    assert.equal(await page.isVisible("#suggestions"), false);
    await page.fill("#input", "/e");
    await page.type("#input", "x");
    await page.focus("#send");
    await offer();
    assert.equal(await page.isVisible("#suggestions"), false);
    await page.fill("#input", "/ex");
    await offer();
    assert.equal(await page.isVisible("#suggestions"), true);
    await page.press("#input", "Shift+Tab");
    assert.equal(await page.inputValue("#input"), "/ex");
    assert.equal(await page.evaluate(() => document.activeElement?.id === "input"), false);
  });

  it("keeps what came of an answer that failed and offers to try again", async () => {
    const error = { message: "The engine stopped.", hint: "It starts again by itself." };
    await send(conversation([turn("a", "assistant", "The part that came", { state: "failed", error })]));
    assert.match(
      (await page.textContent("article[data-turn=a]")) ?? "",
      /The part that came.*The engine stopped/s,
    );
    await page.press("button:has-text('Retry')", "Enter");
    assert.deepEqual(await posted("regenerate"), [{ type: "regenerate", turnId: "a" }]);
  });

  it("says under an answer that another model gave it than the one that was asked", async () => {
    await send(conversation([turn("a", "assistant", "Hello", { standIn: "Qwen2.5-Coder 0.5B" })]));
    const shown = (await page.textContent("article[data-turn=a]")) ?? "";
    assert.match(shown, /Hello.*Answered by Qwen2\.5-Coder 0\.5B on this machine/s);
  });

  it("shows the workspace's rules as a chip that can be removed but not pinned", async () => {
    const chip = { detail: "", tokens: 3, sentTokens: 3, pinned: true };
    await send({
      type: "context",
      usedTokens: 3,
      budgetTokens: 100,
      notice: "",
      chips: [{ ...chip, id: "rules", kind: "rules", label: "rules.md" }],
    });
    assert.equal(await page.getByRole("button", { name: "Unpin rules.md" }).count(), 0);
    await page.getByRole("button", { name: "Remove rules.md" }).press("Enter");
    assert.deepEqual(await posted("removeChip"), [{ type: "removeChip", id: "rules" }]);
  });

  it("draws only what is new when a question joins 500 turns, another branch and another conversation in order", async () => {
    const turns = Array.from({ length: 500 }, (_, n) => turn(`t${n}`, n % 2 ? "assistant" : "user", `${n}`));
    await send(conversation(turns));
    await page.evaluate(() => {
      const counted = window as unknown as { changed: number };
      counted.changed = 0;
      new MutationObserver((records) => {
        for (const { addedNodes, removedNodes } of records)
          counted.changed += addedNodes.length + removedNodes.length;
      }).observe(document.getElementById("turns") as HTMLElement, { childList: true });
    });
    await send(conversation([...turns, turn("new", "user", "more")]));
    assert.equal(await page.evaluate(() => (window as unknown as { changed: number }).changed), 1);
    const order = (): Promise<(string | undefined)[]> =>
      page.$$eval("#turns > article", (all) => all.map((node) => (node as HTMLElement).dataset["turn"]));
    await send(conversation([turn("b", "user", "b"), ...turns.slice(0, 3), turn("new", "user", "more")]));
    assert.deepEqual(await order(), ["b", "t0", "t1", "t2", "new"]);
    await send(conversation([turn("new", "user", "more"), turn("t1", "assistant", "1")]));
    assert.deepEqual(await order(), ["new", "t1"]);
  });

  it("shows what each chip costs, what is cut, what finds no room, and says so before sending", async () => {
    const chip = { kind: "file", detail: "", pinned: false } as const;
    await send({
      type: "context",
      usedTokens: 900,
      budgetTokens: 1000,
      notice: "No room left for: c.ts.",
      chips: [
        { ...chip, id: "a", label: "a.ts", tokens: 400, sentTokens: 400 },
        { ...chip, id: "b", label: "b.ts", tokens: 1500, sentTokens: 500 },
        { ...chip, id: "c", label: "c.ts", tokens: 80, sentTokens: 0 },
      ],
    });
    assert.deepEqual(await page.locator(".chip .cost").allTextContents(), [
      "400",
      "1.5k, cut",
      "80, left out",
    ]);
    assert.equal(await page.textContent("#notice"), "No room left for: c.ts.");
    assert.equal(await page.textContent("#meterText"), "900 / 1.0k");
  });

  it("asks for completions of every kind of mention, names with spaces included", async () => {
    const typed = ["#", "#fi", "#file:src/a", '#file:"my fi', "#symbol:Car", "#folder:sr", "@wo", "/ex"];
    for (const text of typed) await page.fill("#input", text);
    await page.fill("#input", "a#b /ex");
    assert.deepEqual(
      (await posted("suggest")).map((message) => message.type === "suggest" && message.query),
      typed,
    );
  });

  it("takes files that are dropped, in the formats of the editor and of other programs", async () => {
    const drop = (type: string, data: string): Promise<void> =>
      page.evaluate(
        ([format, text]) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.setData(format, text);
          const event = (name: string) =>
            new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true });
          document.body.dispatchEvent(event("dragover"));
          if (!document.body.classList.contains("dropping"))
            throw new Error("the page shows no place to drop");
          document.body.dispatchEvent(event("drop"));
        },
        [type, data] as const,
      );
    await drop("application/vnd.code.uri-list", "file:///a.ts\r\nfile:///b");
    await drop("resourceurls", '["file:///c.ts"]');
    await drop("text/uri-list", "# comment\r\nfile:///d.ts");
    assert.deepEqual(await posted("dropped"), [
      { type: "dropped", uris: ["file:///a.ts", "file:///b"] },
      { type: "dropped", uris: ["file:///c.ts"] },
      { type: "dropped", uris: ["file:///d.ts"] },
    ]);
    assert.equal(await page.locator("body.dropping").count(), 0);
  });

  it("lets text be dragged into the input box, and nowhere else", async () => {
    const drag = async (to: string): Promise<void> => {
      await page.evaluate(() => {
        const first = document.querySelector("article[data-turn=a] p");
        if (first) getSelection()?.selectAllChildren(first);
      });
      await page.dragAndDrop("article[data-turn=a] p", to, { sourcePosition: { x: 8, y: 8 } });
    };
    await send(conversation([turn("a", "assistant", "dragged")]));
    await drag("#input");
    assert.equal(await page.inputValue("#input"), "dragged");
    assert.deepEqual(await posted("draft"), [{ type: "draft", text: "dragged" }]);
    await drag("#turns");
    assert.equal(await page.locator("body.dropping").count(), 0);
    assert.equal(await page.textContent("article[data-turn=a] p"), "dragged");
    await send(conversation([turn("a", "assistant", "x".repeat(100_000))]));
    await drag("#input");
    assert.equal((await page.inputValue("#input")).length, "dragged".length);
    assert.match((await page.textContent("#notice")) ?? "", /100,000 characters/);
    assert.deepEqual(await posted("dropped"), []);
  });

  it("ignores what is not of the protocol", async () => {
    await send(conversation([turn("a", "assistant", "stays")]));
    for (const data of [
      null,
      3,
      { type: "conversation" },
      { type: "turn", turn: { id: "a" } },
      { type: "no" },
    ])
      await page.evaluate((value) => {
        window.dispatchEvent(new MessageEvent("message", { data: value }));
      }, data);
    assert.match((await page.textContent("article[data-turn=a]")) ?? "", /stays/);
  });

  it("keeps the selection and the focus in what stands there while an answer grows", async () => {
    await send(conversation([turn("a", "assistant", "One.\n\n```ts\nx\n```\n\nT", { state: "streaming" })]));
    await page.focus("article[data-turn=a] button:has-text('Copy')");
    await page.evaluate(() => {
      const first = document.querySelector("article[data-turn=a] p");
      if (first) getSelection()?.selectAllChildren(first);
    });
    await page.focus("article[data-turn=a] button:has-text('Copy')");
    await send({ type: "delta", turnId: "a", offset: "One.\n\n```ts\nx\n```\n\nT".length, text: "wo." });
    await page.waitForFunction(() =>
      document.querySelector("article[data-turn=a]")?.textContent?.includes("Two."),
    );
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Copy");
    assert.equal(await page.evaluate(() => getSelection()?.toString()), "One.");
  });

  it("draws a growing answer as it would draw it at once", async () => {
    const text =
      "Title\n---\n\n1. a\n2. b\n\n> q\n\n[x][l] and `c`\n\n```ts\nlet a = 1;\n```\n\n|a|\n|-|\n|1|\n\n[l]: https://example.org\n";
    await send(
      conversation([turn("a", "assistant", "", { state: "streaming" }), turn("b", "assistant", text)]),
    );
    for (const [offset, character] of [...text].entries())
      await send({ type: "delta", turnId: "a", offset, text: character });
    const html = (id: string): Promise<string> => page.innerHTML(`article[data-turn=${id}] > .body`);
    await page.waitForSelector("article[data-turn=a] a");
    assert.equal(await html("a"), await html("b"));
  });

  it("makes visible what reorders text or drives a terminal", async () => {
    await send(
      conversation([turn("a", "assistant", "access\u202e granted\n\n```sh\n\u001b[31mls\u2066\n```")]),
    );
    const shown = (await page.textContent("article[data-turn=a] .body")) ?? "";
    assert.match(shown, /access\[U\+202E\] granted/);
    assert.match(shown, /␛\[31mls\[U\+2066\]/);
    await page.click("article[data-turn=a] button:has-text('Terminal')");
    assert.deepEqual(
      (await posted("code")).map((message) => message.type === "code" && message.code),
      ["␛[31mls[U+2066]"],
    );
  });

  it("makes visible what reorders names and messages, and edits the message as it is", async () => {
    const places = [{ path: "src/exe\u202esj.ts", startLine: 1, endLine: 2 }];
    await send(conversation([turn("q", "user", "is\u202e it"), turn("a", "assistant", "x", { places })]));
    await send({
      type: "context",
      usedTokens: 1,
      budgetTokens: 9,
      notice: "",
      chips: [
        {
          id: "1",
          kind: "file",
          label: "exe\u202esj.ts",
          detail: "exe\u202esj.ts",
          tokens: 1,
          sentTokens: 1,
          pinned: false,
        },
      ],
    });
    await send({ type: "history", items: [{ id: "1", title: "a\u202eb", updatedAt: 1 }] });
    const shown = await page.evaluate(() => document.body.textContent ?? "");
    assert.doesNotMatch(shown, /\u202e/);
    for (const text of ["is[U+202E] it", "src/exe[U+202E]sj.ts:1", "a[U+202E]b"])
      assert.ok(shown.includes(text), text);
    const labels = await page.$$eval("[aria-label], [title]", (all) =>
      all.map((node) => `${node.getAttribute("aria-label")} ${node.getAttribute("title")}`).join("\n"),
    );
    assert.doesNotMatch(labels, /\u202e/);
    await page.press("#historySearch", "Escape");
    await page.click("button:has-text('Edit')");
    assert.equal(await page.inputValue(".turn textarea"), "is\u202e it");
  });

  it("refuses to paste what no text box bears, says what to do instead, and forgets that with the next key", async () => {
    const paste = (text: string): Promise<boolean> =>
      page.$eval(
        "#input",
        (input, data) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", data);
          return input.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }),
          );
        },
        text,
      );
    await page.fill("#input", "kept");
    assert.equal(await paste("x".repeat(99_000)), true, "the browser pastes it");
    assert.equal(await page.isVisible("#notice"), false);
    assert.equal(await paste("line\n".repeat(1_000_000)), false, "the browser does not paste it");
    assert.match((await page.textContent("#notice")) ?? "", /5,000,000 characters.*100,000.*#file/);
    assert.equal(await page.inputValue("#input"), "kept");
    await page.type("#input", "!");
    assert.equal(await page.isVisible("#notice"), false);
  });

  it("reads right-to-left text from the right and code from the left", async () => {
    await send(
      conversation([
        turn("q", "user", "שלום עולם"),
        turn("a", "assistant", "مرحبا\n\nHello\n\n```ts\nx\n```"),
      ]),
    );
    const left = (selector: string): Promise<{ text: number; box: number }> =>
      page.$eval(selector, (node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        const box = node.getBoundingClientRect();
        const text = range.getBoundingClientRect();
        return { text: text.left - box.left, box: box.right - text.right };
      });
    for (const selector of ["article[data-turn=a] p:nth-of-type(1)"]) {
      const at = await left(selector);
      assert.ok(at.text > at.box, `${selector} begins at the right`);
    }
    for (const selector of ["article[data-turn=a] p:nth-of-type(2)", "article[data-turn=a] pre code"]) {
      const at = await left(selector);
      assert.ok(at.text < 2, `${selector} begins at the left`);
    }
  });

  it("lets right-to-left text be changed from the right", async () => {
    const text = "שלום עולם";
    const direction = (name: string): Promise<string> =>
      page.getByLabel(name).evaluate((box) => getComputedStyle(box).direction);
    await send(conversation([turn("q", "user", text)]));
    await page.click("button:has-text('Edit')");
    assert.equal(await direction("Edit the message"), "rtl");
    await send({ type: "history", items: [{ id: "1", title: text, updatedAt: 1 }] });
    await page.click("#historyItems >> text=Rename");
    assert.equal(await direction("New title"), "rtl");
  });

  it("stays usable when narrow and at 200 % zoom", async () => {
    await paint(themes["dark modern"] ?? {});
    const long = "a".repeat(60);
    await send(
      conversation([
        turn("q", "user", long),
        turn(
          "a",
          "assistant",
          `${long}\n\n\`\`\`ts\nconst ${long}${long} = 1;\n\`\`\`\n\n|${"x|".repeat(20)}\n|${"-|".repeat(20)}`,
          {
            places: [{ path: `src/${long}.ts`, startLine: 1, endLine: 2 }],
          },
        ),
      ]),
    );
    const chip = { kind: "file", detail: "", pinned: false, tokens: 9000, sentTokens: 0 } as const;
    await send({
      type: "context",
      usedTokens: 0,
      budgetTokens: 10,
      notice: `No room left for: ${long}.`,
      chips: [1, 2, 3].map((n) => ({ ...chip, id: `${n}`, label: `${n}${long}` })),
    });
    // A zoom of 200 % halves the width and height that the page has.
    for (const [width, height] of [
      [170, 700],
      [190, 380],
    ] as const) {
      await page.setViewportSize({ width, height });
      const over = await page.evaluate(() => ({
        page: document.documentElement.scrollWidth - innerWidth,
        turns:
          (document.getElementById("turns")?.scrollWidth ?? 0) -
          (document.getElementById("turns")?.clientWidth ?? 0),
        turnsHeight: document.getElementById("turns")?.clientHeight ?? 0,
        sendBottom: (document.getElementById("send")?.getBoundingClientRect().bottom ?? 0) - innerHeight,
      }));
      assert.ok(over.page <= 0, `nothing sticks out at ${width}: ${JSON.stringify(over)}`);
      assert.ok(
        over.turns <= 0,
        `the conversation does not scroll sideways at ${width}: ${JSON.stringify(over)}`,
      );
      assert.ok(over.turnsHeight > 60, `the conversation is seen at ${height}: ${JSON.stringify(over)}`);
      assert.ok(over.sendBottom <= 0, `the button is seen at ${height}: ${JSON.stringify(over)}`);
      await page.screenshot({ path: join(outDir, "screenshots", `chat-${width}x${height}.png`) });
    }
  });

  it("moves nothing by itself where motion is reduced", async () => {
    await send(conversation([turn("a", "assistant", "x", { state: "streaming" })]));
    const animation = (): Promise<string> =>
      page.$eval("article[data-turn=a] .body", (node) => getComputedStyle(node, "::after").animationName);
    assert.equal(await animation(), "blink");
    await page.emulateMedia({ reducedMotion: "reduce" });
    assert.equal(await animation(), "none");
  });

  it("reaches every action with the keyboard, in the order in which they are read", async () => {
    await paint(themes["dark modern"] ?? {});
    const version = { index: 1, count: 2 };
    const places = [{ path: "a.ts", startLine: 1, endLine: 2 }];
    await send(
      conversation([
        turn("q", "user", "Hi", { version }),
        turn("a", "assistant", "[l](https://example.org)\n\n```ts\nx\n```", { version, places }),
      ]),
    );
    const chip = {
      id: "1",
      kind: "file",
      label: "a.ts",
      detail: "",
      tokens: 1,
      sentTokens: 1,
      pinned: false,
    } as const;
    await send({ type: "context", usedTokens: 1, budgetTokens: 9, notice: "", chips: [chip] });
    const names: string[] = [];
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    for (let n = 0; n < 30; n++) {
      await page.keyboard.press("Tab");
      const name = await page.evaluate(() => {
        const at = document.activeElement;
        const outline = at && getComputedStyle(at).outlineStyle;
        return `${at?.getAttribute("aria-label") ?? at?.textContent}${outline === "none" ? " (no ring)" : ""}`;
      });
      names.push(name);
      if (name.startsWith("Send")) break;
    }
    assert.deepEqual(names, [
      "Conversation",
      "Earlier version",
      "Later version",
      "Edit this message and send it again",
      "l",
      "Copy this code",
      "Insert this code at the cursor",
      "Apply this code to the file and show the difference",
      "Open this code as a new file",
      "x",
      "a.ts:1, open this place",
      "Earlier version",
      "Later version",
      "Copy the answer",
      "Regenerate this answer",
      "Pin a.ts",
      "Remove a.ts",
      "Ask Wisp",
      "Send the message",
    ]);
  });

  /** The name of what has the focus. */
  const focused = (): Promise<string> =>
    page.evaluate(() => {
      const at = document.activeElement;
      return at === document.body ? "nothing" : (at?.getAttribute("aria-label") ?? at?.textContent ?? "");
    });
  /** Presses a button as the keyboard does. */
  const press = (name: string): Promise<void> =>
    page.getByRole("button", { name, exact: true }).last().press("Enter");

  it("gives the focus to the successor of a button of a turn that goes", async () => {
    const shown = (id: string, change: Partial<TurnView> = {}): Promise<void> =>
      send(conversation([turn("q", "user", "Q"), turn(id, "assistant", `I am ${id}`, change)]));
    await shown("a", { version: { index: 1, count: 3 } });
    await press("Later version");
    await shown("b", { version: { index: 2, count: 3 } });
    assert.equal(await focused(), "Later version");
    await page.getByRole("button", { name: "Copy the answer" }).focus();
    await send({ type: "turn", turn: turn("b", "assistant", "I am b", { version: { index: 2, count: 2 } }) });
    assert.equal(await focused(), "Copy the answer");
    await press("Regenerate this answer");
    await shown("c", { state: "streaming" });
    assert.equal(await focused(), "Ask Wisp", "where Escape stops the answer");
    await shown("c");
    await page.getByRole("button", { name: "Copy the answer" }).focus();
    await page.evaluate(() => Object.assign(document, { hasFocus: () => false }));
    await shown("d");
    assert.equal(await focused(), "nothing", "the page takes no focus from the editor");
  });

  it("gives the focus back to where it was when an edit ends, and to the new wording's button when it is sent", async () => {
    const edit = "Edit this message and send it again";
    await send(conversation([turn("q", "user", "Q"), turn("a", "assistant", "A")]));
    await press(edit);
    assert.equal(await focused(), "Edit the message");
    await page.keyboard.press("Escape");
    assert.equal(await focused(), edit);
    await press(edit);
    await press("Keep the message as it was");
    assert.equal(await focused(), edit);
    for (const [n, how] of ["Edit the message", "Send the edited message"].entries()) {
      await press(edit);
      await page.getByLabel(how).press("Enter");
      await send(conversation([turn(`q${n}`, "user", "Q"), turn(`a${n}`, "assistant", "A")]));
      assert.equal(await focused(), edit);
    }
  });

  it("keeps the focus on a button of the code that grows", async () => {
    const text = "```ts\none\n```\n\n```ts\ntwo\n";
    await send(conversation([turn("a", "assistant", text, { state: "streaming" })]));
    await page.getByRole("button", { name: "Copy this code" }).last().focus();
    await send({ type: "delta", turnId: "a", offset: text.length, text: "three" });
    await page.waitForFunction(() => document.querySelector(".assistant")?.textContent?.includes("three"));
    assert.equal(await focused(), "Copy this code");
    await page.keyboard.press("Enter");
    assert.deepEqual(await posted("code"), [
      { type: "code", action: "copy", code: "two\nthree", language: "ts", turnId: "a" },
    ]);
  });

  it("keeps the focus in the chips when one of them is pinned or removed", async () => {
    const context = (...chips: readonly (readonly [string, boolean])[]): Promise<void> =>
      send({
        type: "context",
        usedTokens: 1,
        budgetTokens: 9,
        notice: "",
        chips: chips.map(([id, pinned]) => ({
          id,
          kind: "file",
          label: id,
          detail: "",
          tokens: 1,
          sentTokens: 1,
          pinned,
        })),
      });
    await context(["f", false], ["g", false], ["h", false]);
    await press("Pin g");
    await context(["g", true], ["f", false], ["h", false]);
    assert.equal(await focused(), "Unpin g");
    await press("Remove f");
    await context(["g", true], ["h", false]);
    assert.equal(await focused(), "Remove h");
    await press("Remove h");
    await context(["g", true]);
    assert.equal(await focused(), "Remove g");
    await press("Remove g");
    await context();
    assert.equal(await focused(), "Ask Wisp");
  });

  it("keeps the focus in the history when a conversation is renamed or goes", async () => {
    const list = async (...titles: readonly string[]): Promise<void> => {
      // The extension brings the view to the front before it shows the list.
      await send({ type: "focus" });
      await send({
        type: "history",
        items: titles.map((title) => ({ id: title.slice(0, 1), title, updatedAt: 1 })),
      });
    };
    await list("x", "y", "z");
    await press("Rename y");
    assert.equal(await focused(), "New title");
    await page.keyboard.press("Escape");
    assert.equal(await focused(), "Rename y");
    assert.ok(await page.isVisible("#history"));
    await press("Rename y");
    await page.keyboard.type("yes");
    await page.keyboard.press("Enter");
    await list("yes", "x", "z");
    assert.equal(await focused(), "Rename yes");
    for (const [title, ...rest] of [
      ["yes", "x", "z"],
      ["z", "x"],
    ] as const) {
      await press(`Delete ${title}`);
      await press(`Delete ${title} for good`);
      await list(...rest);
      assert.equal(await focused(), "Delete x");
    }
    await press("Delete x");
    await press("Delete x for good");
    await list();
    assert.equal(await focused(), "Search conversations");
  });

  it("asks before it deletes a conversation, and keeps it by Keep and by Escape", async () => {
    const titles = ["x", "y\u202e"];
    await send({ type: "history", items: titles.map((title) => ({ id: title, title, updatedAt: 1 })) });
    await press("Delete x");
    assert.equal(await focused(), "Keep x", "a second Enter deletes nothing");
    await page.keyboard.press("Enter");
    assert.equal(await focused(), "Delete x");
    assert.equal(await page.getByRole("button", { name: "Open x" }).count(), 1);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    assert.equal(await focused(), "Delete x");
    assert.ok(await page.isVisible("#history"));
    assert.deepEqual(await posted("deleteConversation"), []);
    await press("Delete y[U+202E]");
    assert.match((await page.textContent("#historyItems")) ?? "", /y\[U\+202E\]KeepDelete for good$/);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.deepEqual(await posted("deleteConversation"), [{ type: "deleteConversation", id: "y\u202e" }]);
  });

  const scrollTop = (): Promise<number> => page.$eval("#turns", (node) => node.scrollTop);
  const fromEnd = (): Promise<number> =>
    page.$eval("#turns", (node) => node.scrollHeight - node.scrollTop - node.clientHeight);
  /** Scrolls and waits until the page tells of it. */
  const scrollTo = async (top: number): Promise<ScrollPosition | undefined> => {
    const before = (await posted("scrolled")).length;
    await page.evaluate((to) => document.getElementById("turns")?.scrollTo(0, to), top);
    await page.waitForFunction(
      (count) =>
        (window as unknown as { probe: Probe }).probe.posted.filter(({ type }) => type === "scrolled")
          .length > count,
      before,
    );
    const last = (await posted("scrolled")).at(-1);
    assert.ok(last?.type === "scrolled");
    assert.equal(last.conversationId, "c");
    return last.scroll;
  };
  const texts = Array.from({ length: 40 }, (_, n) =>
    turn(`t${n}`, n % 2 ? "assistant" : "user", `${n}\n\n${"many words ".repeat(30)}\n\nmore`),
  );

  it("restores where the reader was, and stays there while the same conversation comes again", async () => {
    await send(conversation(texts));
    const scroll = await scrollTo(300);
    await send(conversation(texts));
    assert.equal(await scrollTop(), 300);
    await page.reload();
    // The extension may not have read the conversation yet when the page is ready.
    await send(conversation([], { id: "new" }));
    await send({ ...conversation(texts), scroll } as ToView);
    assert.equal(await scrollTop(), 300);
  });

  it("keeps what the reader sees at its place when the view gets wider, narrower, or was not laid out at first", async () => {
    await send(conversation(texts));
    const topmost = (): Promise<string> =>
      page.evaluate(() => {
        const edge = document.getElementById("turns")?.getBoundingClientRect().top ?? 0;
        const pieces = [...document.querySelectorAll(".assistant .body > *")];
        const at = pieces.findIndex((piece) => piece.getBoundingClientRect().bottom > edge + 1);
        return `${at} at ${Math.round((pieces[at]?.getBoundingClientRect().top ?? 0) - edge)}`;
      });
    // Where a paragraph of an answer begins.
    await page.evaluate(() => document.querySelectorAll(".assistant .body > p")[16]?.scrollIntoView());
    await page.waitForFunction(() =>
      (window as unknown as { probe: Probe }).probe.posted.some(({ type }) => type === "scrolled"),
    );
    const before = await topmost();
    assert.equal(before, "16 at 0");
    const told = (await posted("scrolled")).at(-1);
    for (const width of [200, 900, 380]) {
      await page.setViewportSize({ width, height: 700 });
      await page.waitForFunction((wanted) => innerWidth === wanted, width);
      await page.evaluate(() => new Promise(requestAnimationFrame));
      assert.equal(await topmost(), before, `at ${width} pixels`);
    }
    await page.reload();
    await page.evaluate(() => {
      document.body.style.cssText = "height: 0; width: 0";
    });
    await send({
      ...conversation(texts),
      ...(told?.type === "scrolled" && { scroll: told.scroll }),
    } as ToView);
    await page.evaluate(() => new Promise(requestAnimationFrame));
    await page.evaluate(() => document.body.removeAttribute("style"));
    await page.evaluate(() => new Promise(requestAnimationFrame));
    assert.equal(await topmost(), before);
  });

  it("shows how to begin from its beginning, in however small a view", async () => {
    await page.setViewportSize({ width: 260, height: 260 });
    await send(conversation(texts));
    await send(conversation([], { id: "new" }));
    assert.equal(await scrollTop(), 0);
    await page.setViewportSize({ width: 260, height: 240 });
    await page.evaluate(() => new Promise(requestAnimationFrame));
    assert.ok((await fromEnd()) > 0, "it is longer than the view");
    assert.equal(await scrollTop(), 0);
  });

  it("is at the end of an answer that has grown meanwhile where the reader was at the end", async () => {
    await send(conversation([...texts, turn("a", "assistant", "more\n\n".repeat(40))]));
    assert.ok((await fromEnd()) < 2, `${await fromEnd()} from the end`);
  });

  it("stays at the end when chips take room, and lets the reader leave it while an answer grows", async () => {
    await send(conversation([...texts, turn("a", "assistant", "", { state: "streaming" })]));
    const chip = { kind: "file", detail: "", pinned: false, tokens: 1, sentTokens: 1 } as const;
    await send({
      type: "context",
      usedTokens: 0,
      budgetTokens: 10,
      notice: "",
      chips: [1, 2, 3, 4].map((n) => ({ ...chip, id: `${n}`, label: `a-file-with-a-long-name-${n}.ts` })),
    });
    await page.evaluate(() => new Promise(requestAnimationFrame));
    assert.ok((await fromEnd()) < 2, `${await fromEnd()} from the end`);
    await scrollTo(500);
    await send({ type: "delta", turnId: "a", offset: 0, text: "word\n\n".repeat(20) });
    await page.waitForFunction(() =>
      document.querySelector("article[data-turn=a]")?.textContent?.includes("word"),
    );
    assert.equal(await scrollTop(), 500);
    assert.equal(await scrollTo(1e6), undefined, "the end is told as the end");
    await send({ type: "delta", turnId: "a", offset: 120, text: "last\n\n".repeat(20) });
    await page.waitForFunction(() =>
      document.querySelector("article[data-turn=a]")?.textContent?.includes("last"),
    );
    assert.ok((await fromEnd()) < 2, `${await fromEnd()} from the end`);
  });

  it("takes over the draft of another conversation, and leaves what is being typed in this one alone", async () => {
    await send(conversation([], { draft: "kept" }));
    assert.equal(await page.inputValue("#input"), "kept");
    await page.type("#input", " and more");
    await send(conversation([turn("q", "user", "renamed")], { draft: "kept and" }));
    assert.equal(await page.inputValue("#input"), "kept and more");
    await send(conversation([], { id: "other", draft: "another" }));
    assert.equal(await page.inputValue("#input"), "another");
    await send(conversation([], { id: "third" }));
    assert.equal(await page.inputValue("#input"), "");
    await send({ type: "draft", text: "given back" });
    assert.equal(await page.inputValue("#input"), "given back");
  });

  it("edits a message, shows versions, and leaves Enter to an input method", async () => {
    await send(conversation([turn("q", "user", "old", { version: { index: 2, count: 2 } })]));
    await page.click("text=‹");
    assert.deepEqual(await posted("showVersion"), [{ type: "showVersion", turnId: "q", step: -1 }]);
    await page.click("button:has-text('Edit')");
    await page.fill(".turn textarea", "new");
    await page.dispatchEvent(".turn textarea", "keydown", { key: "Enter", isComposing: true });
    assert.deepEqual(await posted("edit"), []);
    await page.press(".turn textarea", "Enter");
    assert.deepEqual(await posted("edit"), [{ type: "edit", turnId: "q", text: "new" }]);
  });

  it("tells what is typed in the place of a message, and goes on with it in a page that is new", async () => {
    const turns = [turn("q", "user", "old"), turn("a", "assistant", "x", { state: "streaming" })];
    await send(conversation(turns));
    await page.click("button:has-text('Edit')");
    await page.fill(".turn textarea", "new");
    // A method's own Escape takes back what it offers.
    await page.dispatchEvent(".turn textarea", "keydown", { key: "Escape", isComposing: true });
    assert.equal(await page.inputValue(".turn textarea"), "new");
    await send({ type: "turn", turn: turn("q", "user", "old", { version: { index: 1, count: 2 } }) });
    assert.equal(await page.inputValue(".turn textarea"), "new", "its message is drawn anew");
    await page.click("button:has-text('Edit')");
    assert.equal(await page.inputValue(".turn textarea"), "new", "it is being edited already");
    const typed = { type: "editing", conversationId: "c", turnId: "q" };
    assert.deepEqual(await posted("editing"), [
      { ...typed, text: "old" },
      { ...typed, text: "new" },
    ]);
    await page.press(".turn textarea", "Escape");
    assert.deepEqual((await posted("editing")).at(-1), typed);
    assert.equal(await page.textContent("[data-turn=q] > .body"), "old");

    await page.reload();
    await send({ ...conversation(turns), editing: { turnId: "q", text: "new" } } as ToView);
    assert.equal(await page.inputValue(".turn textarea"), "new");
    await page.press(".turn textarea", "Enter");
    assert.deepEqual(await posted("edit"), [{ type: "edit", turnId: "q", text: "new" }]);
  });

  it("searches, renames and deletes kept conversations", async () => {
    const items = [
      { id: "1", title: "About lists", updatedAt: 1 },
      { id: "2", title: "About maps", updatedAt: 2 },
    ];
    await send({ type: "history", items });
    for (let n = 0; n < 20; n++) {
      await page.keyboard.press("Tab");
      const isOutside = await page.evaluate(
        () => document.activeElement !== document.body && !document.activeElement?.closest("#history"),
      );
      assert.equal(isOutside, false, "the keyboard stays in the list that covers the rest");
    }
    await page.fill("#historySearch", "maps");
    assert.equal((await page.$$("#historyItems li")).length, 1);
    await page.click("#historyItems >> text=Rename");
    await page.fill("#historyItems input", "About trees");
    await page.press("#historyItems input", "Enter");
    assert.deepEqual(await posted("renameConversation"), [
      { type: "renameConversation", id: "2", title: "About trees" },
    ]);
    await page.press("#historySearch", "Escape");
    assert.equal(await page.isVisible("#history"), false);
    await send({ type: "history", items });
    assert.equal(await page.locator("#historyItems li").count(), 2, "it opens without the last search");
    await page.press("#historySearch", "Escape");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "input");
  });

  it("keeps a conversation of 500 turns quick to open and to stream into", async () => {
    const turns = Array.from({ length: 500 }, (_, n) =>
      turn(`t${n}`, n % 2 ? "assistant" : "user", `Message ${n}\n\n\`\`\`ts\nconst x${n} = ${n};\n\`\`\``),
    );
    await send(conversation([...turns, turn("s", "assistant", "", { state: "streaming" })]));
    const before = await page.$("article[data-turn=t499]");
    for (let n = 0; n < 200; n++) await send({ type: "delta", turnId: "s", offset: n * 5, text: "word " });
    await page.waitForFunction(
      () => document.querySelector("article[data-turn=s]")?.textContent?.length === 1000,
    );
    const same = await page.evaluate(
      (node) => node === document.querySelector("article[data-turn=t499]"),
      before,
    );
    assert.ok(same, "other turns are not drawn again");
  });

  for (const { name, text } of hostileAnswers) {
    it(`does nothing for ${name}`, async () => {
      const loadedBefore = server.requests.length;
      await send(conversation([turn("a", "assistant", text)]));
      await page.waitForSelector("article[data-turn=a]");
      const found = await page.evaluate(() => {
        const body = document.querySelector("article[data-turn=a] .body");
        const all = [...(body?.querySelectorAll("*") ?? [])];
        return {
          tags: all
            .map((node) => node.tagName)
            .filter((tag) => /SCRIPT|IMG|IFRAME|OBJECT|SVG|FORM|STYLE|LINK|VIDEO/.test(tag)),
          handlers: all
            .flatMap((node) => node.getAttributeNames())
            .filter((attribute) => attribute.startsWith("on")),
          links: all
            .map((node) => node.getAttribute("href"))
            .filter((href) => href && !/^(https?|mailto):/.test(href)),
        };
      });
      assert.deepEqual(found, { tags: [], handlers: [], links: [] });
      assert.deepEqual((await probe()).breaches, []);
      assert.deepEqual(server.requests.slice(loadedBefore), []);
      const body = page.locator("article[data-turn=a] .body");
      assert.notEqual(((await body.textContent()) ?? "").trim(), "", "the answer itself is shown");
      await page.fill("#input", "still here");
      await page.press("#input", "Enter");
      assert.equal((await posted("send")).length, 1, "the page goes on to work");
    });
  }

  for (const [name, theme] of Object.entries(themes)) {
    it(`has no accessibility violations in ${name}`, async () => {
      await page
        .addScriptTag({ content: await readFile(join(repoRoot, "node_modules/axe-core/axe.min.js"), "utf8") })
        .catch(async () => {
          // The page's policy lets no foreign script in; the test may pass by it.
          await page.evaluate(await readFile(join(repoRoot, "node_modules/axe-core/axe.min.js"), "utf8"));
        });
      await paint(theme);
      await send(
        conversation([
          turn("q", "user", "How do I reverse a list?"),
          turn(
            "a",
            "assistant",
            'Use `reversed`:\n\n```python\ndef back(items):\n    # newest first\n    return list(reversed(items))  # a line that is longer than the panel is wide, so that it has to scroll\n```\n\n```ts\n/** Of a person. */\n@sealed\nexport class Name<T> extends Base {\n  #x: string = `/a+/`;\n  async get(n: number): Promise<T | undefined> {\n    if (n > 1.5) return undefined;\n    return JSON.parse("{}").a?.[/^x+$/.source];\n  }\n}\n```\n\n```css\n.a > b:hover::before { color: var(--x); margin: 1px !important }\n```\n\n```diff\n- old\n+ new\n```\n\n```html\n<a href="x">text &amp; more</a>\n```\n\n| a | b |\n|---|---|\n| 1 | `2` |\n\n> quoted\n\n[docs](https://example.org)',
            {
              places: [{ path: "src/list.py", startLine: 3, endLine: 9 }],
            },
          ),
          turn("f", "assistant", "Part of an", {
            state: "failed",
            error: { message: "The engine stopped.", hint: "Ask again." },
          }),
        ]),
      );
      await send({
        type: "context",
        usedTokens: 120,
        budgetTokens: 2048,
        notice: "",
        chips: [
          {
            id: "1",
            kind: "file",
            label: "list.py",
            detail: "src/list.py",
            tokens: 120,
            sentTokens: 120,
            pinned: false,
          },
          {
            id: "2",
            kind: "file",
            label: "averyverylongnameofafilethatdoesnotfit.test.ts",
            detail: "src/averyverylongnameofafilethatdoesnotfit.test.ts",
            tokens: 12_345,
            sentTokens: 0,
            pinned: true,
          },
        ],
      });
      await page.screenshot({ path: join(outDir, "screenshots", `chat-${name}.png`) });
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        const result = await axe.run();
        return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
      });
      assert.deepEqual(violations, []);
    });
  }
});
