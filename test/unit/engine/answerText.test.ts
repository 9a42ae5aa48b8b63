import assert from "node:assert/strict";
import fc from "fast-check";
import { StopScanner, TokenDecoder } from "../../../src/engine/answerText.ts";
import type { Vocabulary } from "../../../src/engine/modelRuntime.ts";

/** One token per byte of UTF-8: the hardest case for a decoder. */
const bytes: Pick<Vocabulary, "tokenize" | "detokenize"> = {
  tokenize: (text) => [...new TextEncoder().encode(text)],
  detokenize: (tokens) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(tokens)),
};

function decoded(text: string): string[] {
  const decoder = new TokenDecoder(bytes as Vocabulary);
  const pieces = [...new TextEncoder().encode(text)].map((token) =>
    decoder.push({ token, probability: 1, alternatives: [] }),
  );
  return [...pieces.flat(), ...decoder.end()].map((token) => token.text);
}

function scanned(pieces: readonly string[], stops: readonly string[]) {
  const scanner = new StopScanner(stops);
  const out = pieces.map((text, token) => scanner.push({ token, text, probability: 1, alternatives: [] }));
  return { pieces: out, text: [...out.flat(), ...scanner.end()].map(({ text }) => text).join(""), scanner };
}

describe("the engine's answer text", () => {
  const text = fc.string({ unit: fc.oneof(fc.string({ unit: "grapheme" }), fc.constant("\uFFFD")) });

  it("never breaks a character that is spread over tokens", () => {
    fc.assert(
      fc.property(text, (whole) => {
        const pieces = decoded(whole);
        assert.equal(pieces.join(""), whole);
        for (const piece of pieces) assert.ok(piece === "\uFFFD" || !piece.includes("\uFFFD"));
      }),
    );
  });

  it("drops a character whose rest never comes", () => {
    const decoder = new TokenDecoder(bytes as Vocabulary);
    for (const token of [0x61, 0xe2, 0x82]) decoder.push({ token, probability: 1, alternatives: [] });
    assert.equal(
      decoder
        .end()
        .map(({ text }) => text)
        .join(""),
      "",
    );
  });

  it("ends at the first stop however the text is cut, and lets no part of it through", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 12 });
    const stop = fc.string({ unit: fc.constantFrom("a", "b", "\n"), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(letters), fc.array(stop, { minLength: 1, maxLength: 3 }), (pieces, stops) => {
        const whole = pieces.join("");
        // Letter by letter: the answer is over as soon as it ends with a stop.
        const lengths = Array.from({ length: whole.length + 1 }, (_, length) => length);
        const over = lengths.find((length) => stops.some((end) => whole.slice(0, length).endsWith(end)));
        const ended = over === undefined ? [] : stops.filter((end) => whole.slice(0, over).endsWith(end));
        const longest = Math.max(0, ...ended.map(({ length: size }) => size));
        const wanted = over === undefined ? whole : whole.slice(0, over - longest);
        const { text, scanner } = scanned(pieces, stops);
        assert.equal(text, wanted);
        assert.equal(scanner.stopped, over !== undefined);
      }),
    );
  });

  it("ends at the stop that is complete first, also where a longer one began before it", () => {
    for (const pieces of [["\n", "a", "a"], ["\naa"]])
      assert.equal(scanned(pieces, ["\naa", "a"]).text, "\n", JSON.stringify(pieces));
  });

  it("passes text on as soon as it cannot be part of a stop", () => {
    const { pieces } = scanned(["x", "\n", "y"], ["\n\n"]);
    assert.deepEqual(
      pieces.map((tokens) => tokens.map(({ text }) => text)),
      [["x"], [], ["\n", "y"]],
    );
  });
});
