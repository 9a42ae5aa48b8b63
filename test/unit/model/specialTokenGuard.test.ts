import assert from "node:assert/strict";
import fc from "fast-check";
import { type Piece, SpecialTokenGuard } from "../../../src/model/specialTokenGuard.ts";
import { fimFamilies } from "../../../src/prompt/fimTemplate.ts";

const byStyle = { listed: [], byStyle: true };

function shown(pieces: readonly string[], special: ConstructorParameters<typeof SpecialTokenGuard>[0]) {
  const guard = new SpecialTokenGuard(special);
  const text = pieces.map((piece, index) => guard.take({ text: piece }, index === pieces.length - 1).text);
  return { text: text.join(""), ended: guard.ended };
}

/** `text`, cut at each of `places`. */
function cut(text: string, places: readonly number[]): string[] {
  const ends = [0, ...[...places].sort((a, b) => a - b), text.length];
  return ends.slice(1).map((end, index) => text.slice(ends[index], end));
}

describe("special tokens in an answer", () => {
  it("end it, whatever the family, however the answer comes in pieces", () => {
    const markers = fimFamilies.flatMap((family) => family.markers);
    const piped = ["<|im_end|>", "<|eot_id|>", "<｜end▁of▁sentence｜>", "<|fim_pad|>"];
    const tokens = [...markers.filter((marker) => /^<.*fim/.test(marker)), ...piped];
    assert.ok(tokens.length > 15);
    fc.assert(
      fc.property(fc.constantFrom(...tokens), fc.array(fc.nat(40)), (token, places) => {
        const pieces = cut(`a <= b${token}assistant\nSure!`, places);
        assert.deepEqual(shown(pieces, byStyle), { text: "a <= b", ended: true });
      }),
    );
  });

  it("are those of the prompt's family too, which may be written like code", () => {
    const family = { listed: ["</s>", "[SUFFIX]"], byStyle: true };
    assert.deepEqual(shown(["a + b</", "s>c"], family), { text: "a + b", ended: true });
    assert.deepEqual(shown(["<s>a</s>", "\n"], byStyle), { text: "<s>a</s>\n", ended: false });
  });

  it("are not found in code, which comes whole", () => {
    const codes = [
      "a <|> b <|> c",
      "f <| g x |> h",
      "if (a < b || c > d) x <<= 1;",
      "List<Foo> fim_all = xs[<any>i];",
      "usage: cp <file> <fim>",
      "cout <<",
      "<|",
      "<[",
      "<f",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...codes), fc.array(fc.nat(40)), (code, places) => {
        assert.deepEqual(shown(cut(code, places), byStyle), { text: code, ended: false });
      }),
    );
  });

  it("cost a held back piece none of its tokens", () => {
    const guard = new SpecialTokenGuard(byStyle);
    const piece = (text: string): Piece => ({ text, tokens: [{ text, probability: 0.5 }] });
    assert.deepEqual(guard.take(piece("a <"), false), { text: "" });
    assert.deepEqual(guard.take(piece(" b"), false), {
      text: "a < b",
      tokens: [
        { text: "a <", probability: 0.5 },
        { text: " b", probability: 0.5 },
      ],
    });
    guard.take(piece("<"), false);
    assert.deepEqual(guard.take({ text: "" }, true), piece("<"));
    guard.take({ text: "<" }, false);
    assert.deepEqual(guard.take(piece("x"), false), { text: "<x" });
  });
});
