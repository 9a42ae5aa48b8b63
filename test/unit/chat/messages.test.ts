import assert from "node:assert/strict";
import fc from "fast-check";
import { answerRequest, contextBudget } from "../../../src/chat/answerRequest.ts";
import {
  type ContextItem,
  fenced,
  fitContext,
  foldFoundPlaces,
  rulesChip,
} from "../../../src/chat/contextItem.ts";
import { leftOutNotice, mentionText, parseMentions, withoutMention } from "../../../src/chat/mentions.ts";
import {
  helpText,
  namedPrompts,
  parseMessage,
  slashCommands,
  suggestCommands,
} from "../../../src/chat/slashCommands.ts";
import { chatPrompt } from "../../../src/prompt/chatPrompt.ts";
import { estimateTokens } from "../../../src/prompt/tokenEstimate.ts";

function item(id: string, text: string): ContextItem {
  return { id, kind: "file", label: id, detail: id, language: "ts", text, pinned: false };
}

describe("slash commands", () => {
  it("reads a command and the rest", () => {
    const parsed = parseMessage("/explain why the loop ends");
    assert.equal(parsed.kind === "command" && parsed.command.name, "explain");
    assert.equal(parsed.kind === "command" && parsed.rest, "why the loop ends");
  });

  it("takes a path for text", () => {
    assert.deepEqual(parseMessage("/usr/bin is missing"), { kind: "plain", text: "/usr/bin is missing" });
  });

  it("takes a sentence that begins with a path for one", () => {
    for (const text of ["/etc is not readable, why?", "/Users is empty", "/tmp\nfills up"])
      assert.deepEqual(parseMessage(text), { kind: "plain", text });
  });

  it("names an unknown command", () => {
    assert.deepEqual(parseMessage("/expain"), { kind: "unknown", name: "expain" });
    const prompts = [{ name: "shout", file: "shout.md", text: "Shout." }];
    for (const slip of ["fxi", "fi", "fixx", "fax", "shuot", "Comit"])
      assert.equal(parseMessage(`/${slip} this now`, prompts).kind, "unknown", slip);
  });

  it("knows the prompts of the workspace", () => {
    const parsed = parseMessage("/review quickly", [
      { name: "review", file: "review.md", text: "Review the code.\n" },
    ]);
    assert.equal(
      parsed.kind === "command" && parsed.command.question(parsed.rest),
      "Review the code.\n\nquickly",
    );
  });

  it("gives every prompt file a name that can be typed, and no file the name of another or of a command", () => {
    const files = [
      "My Review.md",
      "my-review.md",
      "explain.md",
      "Übung.md",
      "2nd pass.md",
      "…|….md",
      "a.b.MD",
    ];
    const prompts = namedPrompts(files.map((file) => ({ file, text: `Text of ${file}` })));
    assert.deepEqual(Object.fromEntries(prompts.map(({ name, file }) => [file, name])), {
      "My Review.md": "my-review",
      "my-review.md": "my-review-2",
      "explain.md": "explain-2",
      "Übung.md": "übung",
      "2nd pass.md": "2nd-pass",
      "…|….md": "prompt",
      "a.b.MD": "a-b",
    });
    for (const { name, text } of prompts) {
      const parsed = parseMessage(`/${name} rest`, prompts);
      assert.equal(parsed.kind === "command" && parsed.command.question(parsed.rest), `${text}\n\nrest`);
      assert.ok(suggestCommands(name, prompts).some(({ label }) => label === `/${name}`));
    }
    assert.match(
      helpText(prompts),
      /\| `\/prompt` \| Prompt of this workspace \(\.wisp\/prompts\/…\\\|…\.md\) \|/,
    );
    assert.deepEqual(parseMessage("/2 of them", prompts), { kind: "plain", text: "/2 of them" });
  });

  it("takes any file name for a prompt", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: "binary", minLength: 1 }), { maxLength: 8 }), (names) => {
        const prompts = namedPrompts(names.map((name) => ({ file: `${name}.md`, text: "x" })));
        assert.equal(new Set(prompts.map(({ name }) => name)).size, names.length);
        for (const { name } of prompts) assert.equal(parseMessage(`/${name}`, prompts).kind, "command");
      }),
    );
  });

  it("suggests by prefix", () => {
    assert.deepEqual(
      suggestCommands("co").map((found) => found.label),
      ["/commit"],
    );
    assert.ok(suggestCommands("").length > slashCommands.length);
  });
});

describe("mentions", () => {
  it("finds each mention once, in order", () => {
    assert.deepEqual(parseMentions("see #file:src/a.ts and #problems, #file:src/a.ts @workspace"), [
      { kind: "file", name: "src/a.ts" },
      { kind: "problems", name: "" },
      { kind: "workspace", name: "" },
    ]);
  });

  it("reads names with spaces in quotes, and leaves the sentence its punctuation", () => {
    assert.deepEqual(parseMentions('is #file:"my notes.md" like #file:src/a.ts, or #folder:lib/?'), [
      { kind: "file", name: "my notes.md" },
      { kind: "file", name: "src/a.ts" },
      { kind: "folder", name: "lib/" },
    ]);
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: fc.constantFrom(..."ab/. ,;:?!)('#@-") }), (name) => {
        fc.pre(name.trim() === name);
        assert.deepEqual(parseMentions(mentionText({ kind: "file", name })), [{ kind: "file", name }]);
      }),
    );
  });

  it("takes a mention out of a text and nothing else", () => {
    const text = "see #file:a.ts and #file:a.tsx  or #problems";
    assert.equal(withoutMention(text, { kind: "file", name: "a.ts" }), "see and #file:a.tsx  or #problems");
    assert.equal(withoutMention(text, { kind: "problems", name: "" }), "see #file:a.ts and #file:a.tsx  or ");
  });

  it("leaves words alone that only look alike", () => {
    assert.deepEqual(parseMentions("a#selection color:#problemsolver me@workspace"), []);
  });
});

describe("fitContext", () => {
  it("never uses more than the budget and keeps the order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 600 }), { maxLength: 6 }),
        fc.integer({ min: 0, max: 400 }),
        (texts, budget) => {
          const fitted = fitContext(
            texts.map((text, index) => item(`i${index}`, text)),
            budget,
          );
          assert.ok(fitted.usedTokens <= budget);
          assert.equal(fitted.chips.length, texts.length);
        },
      ),
    );
  });

  it("cuts the item that crosses the budget at a line and marks later ones", () => {
    const long = Array.from({ length: 100 }, (_, n) => `line ${n}`).join("\n");
    const fitted = fitContext([item("a", long), item("b", long)], 120);
    assert.match(fitted.text, /line 0\n[\s\S]*\n…\n```$/);
    assert.deepEqual(
      fitted.chips.map((chip) => chip.sentTokens),
      [fitted.usedTokens, 0],
    );
  });

  it("shows the places that were found as one chip with their whole cost", () => {
    const found = (id: string): ContextItem => ({ ...item(id, "code"), kind: "workspace" });
    const { chips } = fitContext([item("a", "x"), found("p"), found("q")], 1000);
    const folded = foldFoundPlaces(chips);
    assert.deepEqual(
      folded.map(({ id, label }) => `${id}: ${label}`),
      ["a: a", "workspace: @workspace (2)"],
    );
    assert.equal(
      folded.reduce((sum, chip) => sum + chip.tokens, 0),
      chips.reduce((sum, chip) => sum + chip.tokens, 0),
    );
  });

  it("fences text that has fences of its own", () => {
    assert.equal(fenced("```\ncode\n```", "md"), "````md\n```\ncode\n```\n````");
  });
});

describe("chatPrompt", () => {
  const turns = Array.from({ length: 20 }, (_, n) => ({
    role: n % 2 === 0 ? ("user" as const) : ("assistant" as const),
    text: `message ${n} ${"word ".repeat(30)}`,
    context: "",
  })).slice(0, 19);

  it("keeps the newest turns within the budget and begins with the user", () => {
    const prompt = chatPrompt("system", turns, 400);
    const cost = prompt.messages.reduce((sum, message) => sum + estimateTokens(message.content), 0);
    assert.ok(cost <= 400, `${cost}`);
    assert.equal(prompt.messages[1]?.role, "user");
    assert.match(prompt.messages.at(-1)?.content ?? "", /^message 18/);
    assert.equal(prompt.droppedTurns, turns.length - (prompt.messages.length - 1));
  });

  it("cuts the context of the newest question before the question", () => {
    const prompt = chatPrompt("system", [{ role: "user", text: "Why?", context: "x\n".repeat(2000) }], 200);
    assert.equal(prompt.contextCut, true);
    assert.match(prompt.messages[1]?.content ?? "", /Why\?$/);
  });
});

describe("context that is cut", () => {
  it("ends with its fence, so that the question stands outside", () => {
    for (const fence of ["```", "````"]) {
      const context = `a:\n${fence}ts\n${"x\n".repeat(2000)}${fence}\n`;
      const { messages, contextCut } = chatPrompt("system", [{ role: "user", text: "Why?", context }], 200);
      assert.ok(contextCut);
      assert.match(messages[1]?.content ?? "", new RegExp(`x\n${fence}\n\nWhy\\?$`));
    }
  });
});

describe("a question that is too long", () => {
  it("is told apart from context that can be cut", () => {
    const question = (text: string) => [{ role: "user" as const, text, context: "x\n".repeat(2000) }];
    assert.equal(chatPrompt("system", question("Why?"), 200).questionTooLong, false);
    assert.equal(chatPrompt("system", question("word ".repeat(200)), 200).questionTooLong, true);
  });
});

describe("what goes along with a question", () => {
  it("shows the workspace's rules as a chip with their cost, none where there are none", () => {
    assert.equal(rulesChip(" \n", 4096), undefined);
    const chip = rulesChip("Use tabs.", 4096);
    assert.equal(chip?.kind, "rules");
    assert.equal(chip?.tokens, 4);
  });

  it("cuts rules that would leave no room, and says so with their chip", () => {
    const rules = "Use tabs.\n".repeat(5000);
    const chip = rulesChip(rules, 2048);
    assert.ok(chip && chip.sentTokens > 400 && chip.sentTokens <= 512, `${chip?.sentTokens}`);
    assert.ok(chip.tokens > 10_000);
    const question = { role: "user" as const, text: "Why?", context: "" };
    const { request, questionTooLong } = answerRequest([question], { contextTokens: 2048, rules });
    assert.equal(questionTooLong, false);
    const sent = request.messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
    assert.ok(sent + (request.maxTokens ?? 0) <= 2048, `${sent} tokens`);
  });

  it("fits what goes along against what the question leaves, so that nothing is cut without a word", () => {
    const limits = { contextTokens: 8192, rules: "Use tabs." };
    const long = item("long", "a line of code\n".repeat(2000));
    for (const text of ["Why?", "word ".repeat(2400), "word ".repeat(4400)]) {
      const fitted = fitContext([item("a", "x"), long, item("b", "y")], contextBudget(text, limits));
      const asked = answerRequest([{ role: "user", text, context: fitted.text }], limits);
      assert.equal(asked.contextCut, false);
      assert.equal(asked.questionTooLong, false);
      assert.ok(asked.request.messages.at(-1)?.content.startsWith(fitted.text));
    }
    assert.ok(contextBudget("Why?", limits) <= 4096);
    assert.equal(contextBudget("word ".repeat(9000), limits), 0);
  });

  it("names what was left out, by its reason", () => {
    assert.equal(leftOutNotice({ unknown: [], gone: [], tooBig: [], droppedTurns: 0, lostFiles: [] }), "");
    const unknown = parseMentions("#file:no.ts @workspace #problems").map(mentionText);
    assert.equal(
      leftOutNotice({
        unknown,
        gone: ["a.ts"],
        tooBig: ["b.ts", "c.ts"],
        droppedTurns: 4,
        lostFiles: ["d.ts"],
      }),
      "Nothing found for: #file:no.ts, @workspace, #problems. No longer there: a.ts. No room left for: b.ts, c.ts. No room left for what went along earlier: d.ts. The first 4 messages of this chat no longer fit.",
    );
  });
});
