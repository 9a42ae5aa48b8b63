import assert from "node:assert/strict";
import type { DocumentSnapshot } from "../../../src/completion/documentSnapshot.ts";
import { ModelError } from "../../../src/model/modelErrors.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { bench, documentAt, queryAt } from "./pipelineBench.ts";

const tokenMs = 40;
/** As tokenizers split code: words with the blank in front, and single characters. */
const tokensOf = (text: string): string[] => text.match(/ ?\w+|\n *|[^\w]/g) ?? [];

describe("a suggestion that grows", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  /** Asks at `left`, and lets the model write `written` in its time; `tick` brings the next tokens. */
  async function asking(
    left: string,
    written: string,
    {
      restMs,
      probabilityOf,
      right = "",
      split = tokensOf,
      how,
      isSpent = false,
    }: {
      restMs?: number;
      probabilityOf?: (token: string) => number;
      right?: string;
      split?: (text: string) => string[];
      how?: Partial<ReturnType<typeof queryAt>>;
      /** Much was written for nothing before. */
      isSpent?: boolean;
    } = {},
  ) {
    const told: ModelError[] = [];
    const onModelError = (error: ModelError): void => void told.push(error);
    const made = bench(() => written, { syntax, onModelError, ...(restMs !== undefined && { restMs }) });
    const { service, clock, settle, model } = made;
    model.split = split;
    if (probabilityOf) model.probabilityOf = probabilityOf;
    await syntax.atCursor("warm", "typescript", "", "").then((cursor) => cursor?.dispose());
    if (isSpent) {
      model.usage = { promptTokens: 100, completionTokens: 2_000 };
      model.script = () => "return 1;";
      const before = service.provide(
        queryAt(documentAt(`function other() {\n  ⟦⟧${right}\n}\n`)),
        new AbortController().signal,
      );
      await settle();
      clock.advance(1_000);
      await before;
      await settle();
      model.usage = { promptTokens: 100 };
      assert.ok(service.work.decoded >= 2_000);
      model.script = () => written;
    }
    model.stepwise = true;
    const grown: string[] = [];
    service.onGrown((uri) => grown.push(uri));
    const at = (more: string): DocumentSnapshot => documentAt(`${left}${more}⟦⟧${right}\n}\n`);
    const provide = (more: string, how: Partial<ReturnType<typeof queryAt>> = {}) =>
      service.provide(queryAt(at(more), how), new AbortController().signal);
    const provideUntil = (signal: AbortSignal) => service.provide(queryAt(at("x")), signal);
    const tick = async (tokens = 1) => {
      for (let token = 0; token < tokens; token++) {
        clock.advance(tokenMs);
        model.step();
        await settle();
      }
    };
    const asked = provide("", how);
    let isOver = false;
    void asked.then(() => {
      isOver = true;
    });
    await settle();
    /** Lets the model write until something is shown. */
    const first = async (): Promise<string | undefined> => {
      for (let token = 0; token < 40 && !isOver; token++) await tick();
      return isOver ? (await asked).suggestions[0]?.text : undefined;
    };
    const look = async (more = "") => (await provide(more, { hasGrown: true })).outcome;
    return { ...made, asked, first, tick, look, provide, provideUntil, grown, told };
  }

  const line = "const total = prices.map((price) => price * rate).reduce(add, start);";
  const left = "function sum(prices: number[], rate: number, start: number) {\n  ";

  it("is shown in time as far as it can stand there, and whole when its line is", async () => {
    const { first, tick, look, grown, model, provide } = await asking(left, `${line}\n}\n`);
    const text = (await first()) ?? "";
    assert.ok(text.length >= 4 && text.length < line.length && line.startsWith(text), text);
    await tick(40);
    assert.ok(grown.length > 0);
    assert.deepEqual(await look(), { kind: "shown", source: "grown", text: line });
    assert.deepEqual(await look(), { kind: "shown", source: "typed-through", text: line }, "not twice");
    const next = await provide("const");
    assert.equal(next.suggestions[0]?.text, line.slice("const".length));
    assert.equal(model.requests.length, 1);
  });

  it("never gets another text or a shorter one", async () => {
    const { first, tick, look } = await asking(left, `${line}\n}\n`);
    let shown = (await first()) ?? "";
    for (let token = 0; token < 40; token++) {
      await tick();
      const outcome = await look();
      const text = outcome.kind === "shown" ? outcome.text : "";
      assert.ok(text.startsWith(shown), `${JSON.stringify(shown)} -> ${JSON.stringify(text)}`);
      shown = text;
    }
    assert.equal(shown, line);
  });

  it("is whole at once where the line is soon written", async () => {
    const { first, grown } = await asking(left, "start();\n}\n");
    assert.equal(await first(), "start();");
    assert.deepEqual(grown, []);
  });

  for (const isSpent of [false, true])
    it(`grows by what stands alone of its block, before all of it is written${isSpent ? ", also after much for nothing" : ""}`, async () => {
      const guard = "if (prices.length === 0) {\n    return start;\n  }";
      const more =
        "\n  let total = start;\n  for (const price of prices) {\n    total += price * rate;\n  }\n  return total;";
      const { first, tick, look, model } = await asking(left, `${guard}${more}\n}\n`, { isSpent });
      assert.ok(guard.startsWith((await first()) || "nothing"));
      const seen: string[] = [];
      while (model.running > 0 && seen.length < 100) {
        await tick();
        const outcome = await look();
        seen.push(outcome.kind === "shown" ? outcome.text : "");
      }
      const at = seen.findIndex((text) => text.startsWith(guard));
      const tokens = tokensOf(more).length;
      assert.ok(at >= 0 && at < seen.length - tokens / 2, `${at} of ${seen.length}`);
      assert.equal(seen.at(-1), guard + more);
      for (const [index, text] of seen.entries()) assert.ok(text.startsWith(seen[index - 1] ?? ""), text);
    });

  it("stays as it can stand where what would follow is too unlikely", async () => {
    const unlikely = new Set([" rate", "rate"]);
    const { first, tick, look } = await asking(left, "return Math.max(start, rate, unknown);\n}\n", {
      probabilityOf: (token) => (unlikely.has(token) ? 0.01 : 1),
    });
    const text = (await first()) ?? "";
    assert.match(text, /^return Math/);
    await tick(40);
    const outcome = await look();
    const last = outcome.kind === "shown" ? outcome.text : "";
    assert.ok(last.startsWith(text), last);
    assert.doesNotMatch(last, /rate/);
    assert.equal(last.split("(").length, last.split(")").length, last);
  });

  it("goes on when its beginning is taken, without asking again", async () => {
    const { first, tick, provide, look, model, service, asked } = await asking(left, `${line}\n}\n`);
    const text = (await first()) ?? "";
    service.accepted((await asked).suggestions[0]?.id ?? -1);
    const taken = {
      cursorCount: 1,
      hasSelection: false,
      lastChange: { kind: "accept", stale: false },
    } as const;
    const rest = provide(text, { situation: taken });
    await tick(40);
    const next = (await rest).suggestions[0]?.text ?? "";
    assert.ok(next !== "" && line.slice(text.length).startsWith(next), next);
    const outcome = await look(text);
    assert.equal(outcome.kind === "shown" && outcome.text, line.slice(text.length));
    assert.equal(model.requests.filter(({ prefix }) => !prefix.includes("reduce")).length, 1);
  });

  it("is shown as it comes to who rests, too", async () => {
    const restMs = 400;
    const unsure = new Set(["const"]);
    const { first, tick, look, grown } = await asking(left, `${line}\n}\n`, {
      restMs,
      probabilityOf: (token) => (unsure.has(token) ? 0.4 : 1),
    });
    const text = (await first()) ?? "";
    assert.ok(text.length < line.length && line.startsWith(text) && text !== "", text);
    await tick(40);
    assert.ok(grown.length > 0);
    const outcome = await look();
    assert.equal(outcome.kind === "shown" && outcome.text, line);
  });

  it("is begun below the text that was just taken, too", async () => {
    const taken = {
      cursorCount: 1,
      hasSelection: false,
      lastChange: { kind: "accept", stale: false },
    } as const;
    const guard = "if (rate === 0) {\n    return start;\n  }";
    const { first, tick, look } = await asking(left + guard, `\n  ${line}\n}\n`, {
      restMs: 900,
      probabilityOf: (token) => (token === "const" ? 0.35 : 1),
      how: { situation: taken },
    });
    const text = (await first()) ?? "";
    assert.ok(`\n  ${line}`.startsWith(text) && text.length < line.length && text.includes("const"), text);
    await tick(60);
    const outcome = await look();
    assert.equal(outcome.kind === "shown" && outcome.text, `\n  ${line}`);
  });

  it("has what comes behind it prepared when all of it is there", async () => {
    const { first, tick, look, model, clock, settle } = await asking(left, `${line}\n}\n`);
    await first();
    await tick(60);
    await look();
    model.prefills.length = 0;
    clock.advance(1_000);
    await settle();
    assert.ok(
      model.prefills.some(({ prefix }) => prefix.endsWith(line)),
      JSON.stringify(model.prefills.map(({ prefix }) => prefix.slice(-30))),
    );
  });

  it("is written again where its line was never finished", async () => {
    const { first, tick, provide, model, asked } = await asking(left, `${line}\n}\n`);
    const text = (await first()) ?? "";
    assert.ok(text !== "" && (await asked).outcome.kind === "shown");
    const other = provide("if");
    await tick(30);
    await other;
    const { length: before } = model.requests;
    const again = provide("");
    await tick(60);
    assert.equal((await again).outcome.kind, "shown");
    assert.ok(model.requests.length > before, "not what had been cut");
  });

  it("has who sees its beginning told that the model broke off", async () => {
    const { first, tick, model, told } = await asking(left, `${line}\n}\n`);
    assert.notEqual((await first()) ?? "", "");
    assert.deepEqual(told, []);
    const error = new ModelError("server-error", "The server failed.", "Try again.");
    model.breaks = error;
    await tick();
    assert.deepEqual(told, [error]);
    await tick(5);
    assert.deepEqual(told, [error], "once");
  });

  it("is not begun with what repeats the line below, which is dropped when it is whole", async () => {
    const repeated = "return prices.map((price) => price * rate).reduce(add);";
    const made = await asking(left, `${repeated}\n}\n`, { right: `\n  ${repeated}` });
    assert.equal(await made.first(), undefined);
  });

  it("never ends within a word that is still being written", async () => {
    const threes = (text: string): string[] => text.match(/\w{1,3}|\W/g) ?? [];
    const made = await asking(
      "function show(prices: number[], rate: number) {\n  console.log(",
      "prices, rate);\n}\n",
      {
        right: ");",
        split: threes,
      },
    );
    const text = (await made.first()) ?? "";
    assert.match(text, /^(?:prices)?(?:, rate)?$/);
  });

  it("is not begun for nobody", async () => {
    const { model, clock, settle, provideUntil } = await asking(left, `${line}\n}\n`);
    const gone = new AbortController();
    void provideUntil(gone.signal);
    await settle();
    clock.advance(600);
    await settle();
    gone.abort();
    const { written } = model;
    for (let token = 0; token < 30; token++) {
      clock.advance(tokenMs);
      model.step();
      await settle();
    }
    assert.ok(model.written - written < line.length / 2, `${model.written - written} characters`);
  });

  it("is not offered again when it was dismissed, in part or whole", async () => {
    for (const ticks of [0, 40]) {
      const { first, tick, look, provide, service, asked } = await asking(left, `${line}\n}\n`);
      await first();
      await tick(ticks);
      await look();
      service.rejected((await asked).suggestions[0]?.id ?? -1);
      await tick(40);
      assert.deepEqual(await look(), { kind: "silent", reason: "superseded" });
      assert.deepEqual((await provide("")).outcome, { kind: "silent", reason: "rejected-before" });
    }
  });

  it("grows no more when it was put away, and is whole when its place is asked for", async () => {
    const { first, tick, look, provide, service, grown } = await asking(left, `${line}\n}\n`);
    await first();
    service.putAway();
    await tick(40);
    assert.deepEqual(grown, []);
    assert.deepEqual(await look(), { kind: "silent", reason: "superseded" });
    assert.equal((await provide("")).suggestions[0]?.text, line);
  });

  it("is nothing to who has undone the last change", async () => {
    const { first, tick, provide } = await asking(left, `${line}\n}\n`);
    await first();
    await tick(40);
    const undone = {
      cursorCount: 1,
      hasSelection: false,
      lastChange: { kind: "undo", stale: false },
    } as const;
    const { outcome } = await provide("", { hasGrown: true, situation: undone });
    assert.deepEqual(outcome, { kind: "silent", reason: "after-undo" });
  });

  it("is nothing to who looks when nothing is shown", async () => {
    const { look } = await asking(left, `${line}\n}\n`);
    assert.deepEqual(await look(), { kind: "silent", reason: "superseded" });
  });
});
