import assert from "node:assert/strict";
import {
  addTurn,
  branchOf,
  type Conversation,
  conversationMarkdown,
  mergeTurns,
  newConversation,
  showVersion,
  type Turn,
  turnView,
} from "../../../src/chat/conversation.ts";

function turn(id: string, role: Turn["role"], parentId?: string): Turn {
  return {
    id,
    role,
    text: `text of ${id}`,
    context: "",
    places: [],
    state: "complete",
    ...(parentId && { parentId }),
  };
}

function conversationOf(...turns: Turn[]): Conversation {
  return turns.reduce((conversation, next) => addTurn(conversation, next, 1), newConversation("c", 0));
}

describe("conversation", () => {
  const linear = conversationOf(turn("q1", "user"), turn("a1", "assistant", "q1"), turn("q2", "user", "a1"));

  it("shows the turns from the first to the head", () => {
    assert.deepEqual(
      branchOf(linear).map((shown) => shown.id),
      ["q1", "a1", "q2"],
    );
  });

  it("takes its title from the first question and keeps it", () => {
    assert.equal(linear.title, "text of q1");
  });

  it("keeps both versions when an earlier message is edited", () => {
    const edited = addTurn(linear, turn("q1b", "user"), 2);
    assert.deepEqual(
      branchOf(edited).map((shown) => shown.id),
      ["q1b"],
    );
    assert.deepEqual(turnView(edited, turn("q1b", "user")).version.count, 2);
    const back = showVersion(edited, "q1b", -1);
    assert.deepEqual(
      branchOf(back).map((shown) => shown.id),
      ["q1", "a1", "q2"],
    );
  });

  it("stays where it is when there is no further version", () => {
    assert.equal(showVersion(linear, "q1", 1), linear);
  });

  it("refuses a damaged file whose turns form a circle", () => {
    const circle = { ...linear, turns: [turn("x", "user", "y"), turn("y", "assistant", "x")], headId: "x" };
    assert.throws(() => branchOf(circle), /circle/);
  });

  it("takes the longer text of two windows, and what has ended over what was read before it had", () => {
    const answer = turn("a1", "assistant", "q1");
    const read = conversationOf(turn("q1", "user"), { ...answer, state: "stopped" });
    for (const [theirs, taken] of [
      [answer, answer],
      [{ ...answer, text: "text" }, read.turns[1]],
      [
        { ...answer, text: "text of a1 and more" },
        { ...answer, text: "text of a1 and more" },
      ],
    ] as const)
      assert.deepEqual(mergeTurns(read, conversationOf(turn("q1", "user"), theirs)).turns[1], taken);
    const whole = conversationOf(turn("q1", "user"), answer);
    assert.deepEqual(mergeTurns(whole, read).turns[1], answer);
  });

  it("closes in an export what an answer left open, and nothing else", () => {
    const exported = (text: string): string =>
      conversationMarkdown(conversationOf({ ...turn("a1", "assistant"), text })).split("## Wisp\n\n")[1] ??
      "";
    for (const [open, fence] of [
      ["```ts\nconst a", "```"],
      ["````md\n```\nx\n```", "````"],
      ["~~~\n```\nx", "~~~"],
      ["1. do\n\n   ```sh\n   ls", "   ```"],
      ["```ts\na\n```\nand\n```ts\n```js", "```"],
    ])
      assert.equal(exported(open ?? ""), `${open}\n${fence}\n`);
    for (const closed of ["```ts\na\n```", "```ts\na\n`````", "```not a block``` it", "~~~\n```\n~~~"])
      assert.equal(exported(closed), `${closed}\n`);
  });

  it("exports the branch on screen as Markdown", () => {
    assert.equal(
      conversationMarkdown(linear),
      "# text of q1\n\n## You\n\ntext of q1\n\n## Wisp\n\ntext of a1\n\n## You\n\ntext of q2\n",
    );
  });
});
