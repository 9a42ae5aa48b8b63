import assert from "node:assert/strict";
import fc from "fast-check";
import { cutToTokens, estimateTokens } from "../../../src/prompt/tokenEstimate.ts";

/** Texts with what Qwen2.5-Coder's tokenizer makes of them. */
const counted: Readonly<Record<string, readonly [text: string, tokens: number]>> = {
  prose: [
    "Clicking the chat that is on screen in the history while it streams cuts the answer off: the copy is loaded before the stop.",
    27,
  ],
  code: [
    'export function fenced(text: string, language: string): string {\n  const longest = Math.max(2, ...text.split("`").map((part) => part.length));\n  return text;\n}\n',
    40,
  ],
  "minified code": [
    "function a(b,c){var d=b[0]|0,e=c>>>2;return d^e?((d<<5)-d+e)|0:-1}var f={g:1,h:[a,b,c]};",
    48,
  ],
  digits: ["94580730215736819303642621299722003322453832364056224154990951454752772040560865", 80],
  table: [
    "746.20,34.25,731.3,588.29,672.10,632.51\n933.90,372.87,319.23,479.46,289.8,749.91\n479.20,794.30,179.86,213.5,661.77,440.9",
    120,
  ],
  hex: [
    "9d82a5d04395d6a3a21f42a6ec7f306532a4b3ea\n53b3266ab5e27cec03b40fca2f903fb6ac49f239\nda2d17d782483fd5c72eb4204b008ec2166e0f28",
    110,
  ],
  base64: [
    "/tcS8b6kgz5jOv5CIrKQQXcaxjhD5Sdu4SaLATNrdN7+mjh1R/i8/wlH0IhEEMYT1Fe36vX613Sns/PaPQ0LYuRHqKfSKK2LxyY/JyUkSiVh/9+ww3y8YWIrnogR08ZwpEBMBmfhZBgAv4P9/Pwl5yeiWBUgC6Yx",
    120,
  ],
  "identifiers of chance": ["93d40473-a04b-0498-0160-8035eb7a1aa5\nda2f6515-f9ce-cca5-a77e-6f9011e392ec", 63],
  "a lock file": [
    'sExjlVm4R+nLWngeoEGAzOIPVifaxKGU5gMv+nWELUoHfvrolWD+ZS/nFJg==",\n      "dev": true,\n      "license": "MIT",\n      "dependencies": {\n        "@azure/abort-controller": "^2.1.2",\n        "@azure/core-auth": "^1.10.0",\n        "@azure/core-tracing": "^1.3.0",\n        "@azure/core-util": "^1.13.0",\n     ',
    116,
  ],
  Hindi: ["यह फ़ंक्शन एक सूची लेता है और उसके सभी तत्वों का योग लौटाता है। यदि सूची खाली है तो शून्य लौटता है। ", 102],
  Tamil: ["இந்த செயல்பாடு ஒரு பட்டியலை எடுத்து அனைத்து உறுப்புகளின் கூட்டுத்தொகையை வழங்குகிறது. ", 95],
  Japanese: [
    "この関数はリストを受け取り、すべての要素の合計を返します。リストが空の場合はゼロを返します。エラーが発生した場合は例外を投げます。",
    43,
  ],
  Chinese: ["这个函数接收一个列表并返回所有元素的总和。如果列表为空则返回零。如果发生错误则抛出异常。", 28],
  Korean: ["이 함수는 목록을 받아 모든 요소의 합을 반환합니다. 목록이 비어 있으면 0을 반환합니다.", 30],
  Russian: [
    "Эта функция принимает список и возвращает сумму всех элементов. Если список пуст, возвращается ноль. ",
    27,
  ],
  Greek: ["Αυτή η συνάρτηση παίρνει μια λίστα και επιστρέφει το άθροισμα όλων των στοιχείων. ", 72],
  Arabic: ["تأخذ هذه الدالة قائمة وتعيد مجموع كل العناصر. إذا كانت القائمة فارغة تعيد صفرا. ", 32],
  Hebrew: ["הפונקציה הזאת מקבלת רשימה ומחזירה את סכום כל האיברים. ", 23],
  Thai: ["ฟังก์ชันนี้รับรายการและคืนค่าผลรวมของสมาชิกทั้งหมด ", 27],
  Vietnamese: ["Hàm này nhận một danh sách và trả về tổng của tất cả các phần tử trong danh sách đó. ", 24],
  emoji: ["🚀🎉🔥✅❌⚠️👩‍💻🇩🇪", 13],
  symbols: ["─│┌┐└┘├┤▓▒░→←↑↓∑∏√≠≤≥", 21],
};

describe("estimateTokens", () => {
  for (const [kind, [text, tokens]] of Object.entries(counted))
    it(`is not under the true count, and not far over it: ${kind}`, () => {
      const estimated = estimateTokens(text);
      assert.ok(estimated >= tokens, `${estimated} for ${tokens}`);
      assert.ok(estimated <= tokens * 2, `${estimated} for ${tokens}`);
    });

  it("takes time in proportion to the text, whatever it is made of", () => {
    for (const part of ["a", "1", "A1", "=", "a-", "1-", "+a", " ", "\n", "中", "🚀"]) {
      const begun = performance.now();
      estimateTokens(part.repeat(100_000));
      assert.ok(performance.now() - begun < 2000, JSON.stringify(part));
    }
  });
});

describe("cutToTokens", () => {
  it("gives a beginning of the text that costs no more than it may", () => {
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom("a", "B", "1", " ", "\n", "-", "=", "中", "é", "🚀"), fc.string()),
    });
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 60 }), (whole, tokens) => {
        const cut = cutToTokens(whole, tokens);
        assert.ok(whole.startsWith(cut));
        assert.ok(estimateTokens(cut) <= tokens);
        if (estimateTokens(whole) <= tokens) assert.equal(cut, whole);
      }),
    );
  });

  it("ends at a line where that loses little, and within a long line rather than with nothing", () => {
    assert.equal(cutToTokens("one two three four\nfive six", 7), "one two three four");
    assert.equal(cutToTokens("one\ntwo three four five six", 6), "one\ntwo three four");
    assert.ok(cutToTokens("中".repeat(500), 100).length >= 96);
  });
});
