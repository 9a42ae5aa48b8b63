import { strict as assert } from "node:assert";
import { atMark, createSyntax } from "./syntax.ts";

describe("candidate ends", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  /** Language, code, candidate in which `§` marks the end of the statement and `¶` the end of the block. */
  const rows: readonly (readonly [string, string, string])[] = [
    ["typescript", "function f() {\n  ‸\n}\n", "const a = b();§\n  foo();\n  bar();"],
    ["typescript", "function f() {\n  ‸\n}\n", "if (a) {\n    b();\n  }§\n  foo();"],
    ["typescript", "function f() {\n  ‸\n}\n", "return 1;§¶\n}\n\nfunction g() {"],
    ["typescript", "function f() {\n  const a = ‸\n}\n", "b.map((c) => {\n    return c;\n  });§\n  foo();"],
    [
      "typescript",
      "function f() {\n  if (a) {\n    ‸\n  }\n}\n",
      "b();§\n    c();¶\n  } else {\n    d();\n  }",
    ],
    ["typescript", "function f() {\n  ‸\n}\n", "if (a) {\n    b("],
    ["javascript", "function f() {\n  ‸\n}\n", "foo()§\n  bar()"],
    ["typescriptreact", "const a = () => {\n  ‸\n};\n", "return <A>{b}</A>;§\n  foo();"],
    ["python", "def f(a):\n    ‸\n", "return a§¶\n\ndef g():\n    pass"],
    ["python", "def f(a):\n    ‸\n", "if a:\n        b()§\n    c()¶\nd()"],
    ["python", "def f(a):\n    for b in a:\n        ‸\n    return a\n", "c(b)§¶\n    print(b)"],
    ["python", "def f(a):\n    ‸\n    return 1\n", "b(\n        1,\n    )§\n    c()"],
    [
      "go",
      "package m\n\nfunc f() error {\n\t‸\n}\n",
      "if err := g(); err != nil {\n\t\treturn err\n\t}§\n\treturn nil¶\n}\n\nfunc h() {",
    ],
    ["rust", "fn f() {\n    ‸\n}\n", "let a = b();§\n    c(a)¶\n}\n"],
    ["java", "class A {\n  void m() {\n    ‸\n  }\n}\n", "int a = b();§\n    c(a);¶\n  }\n\n  void n() {"],
    ["c", "int f(void) {\n  ‸\n}\n", "int a = g();§\n  return a;¶\n}\n"],
    ["cpp", "int f() {\n  ‸\n}\n", "for (auto a : b) {\n    c(a);\n  }§\n  return 1;¶\n}\n"],
    ["csharp", "class A {\n  void M() {\n    ‸\n  }\n}\n", "var a = B();§\n    C(a);¶\n  }\n"],
    ["ruby", "def f(a)\n  ‸\nend\n", "b = a§\n  c(b)¶\nend\n\ndef g"],
    ["php", "<?php\nfunction f() {\n  ‸\n}\n", "$a = b();§\n  return $a;¶\n}\n"],
  ];
  for (const [language, code, marked] of rows) {
    it(`${language}: ${JSON.stringify(marked)}`, async () => {
      const ends = await atMark(syntax, language, code, (cursor) => cursor.ends(marked.replace(/[§¶]/g, "")));
      const at = (mark: string, other: string): number | undefined => {
        const offset = marked.replace(other, "").indexOf(mark);
        return offset === -1 ? undefined : offset;
      };
      assert.deepEqual([ends.statement?.offset, ends.block?.offset], [at("§", "¶"), at("¶", "§")]);
    });
  }

  it("is not settled while a chain may go on", async () => {
    const settled = (candidate: string) =>
      atMark(
        syntax,
        "javascript",
        "function f() {\n  ‸\n}\n",
        (cursor) => cursor.ends(candidate).statement?.settled,
      );
    assert.equal(await settled("foo()"), false);
    assert.equal(await settled("foo()\n    .then(bar)"), false);
    assert.equal(await settled("foo();"), true);
    assert.equal(await settled("foo()\n  bar()"), true);
  });
});

describe("candidate check", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());

  const good: readonly (readonly [string, string, string])[] = [
    ["typescript", "const a = ‸\n", "b(1);"],
    ["typescript", "foo(‸)\n", "a, b"],
    ["typescript", "foo(‸\n", "a, b);"],
    ["typescript", "for (const a of ‸\n", "b) {\n  c(a);\n}"],
    ["typescript", "while (a‸\n  b();\n}\n", " < 1) {"],
    ["typescriptreact", "const a = <ul>‸</ul>;\n", "<li>{b}</li>"],
    ["typescriptreact", "const a = () => {\n  return ‸\n};\n", "<A b={c}>text</A>;"],
    ["javascriptreact", "const a = <A ‸ />;\n", "b={1}"],
    ["javascript", "const {a} = ‸\n", 'require("b")'],
    ["python", "def f(a):\n    ‸\n", "if a:\n        return 1\n    return 2"],
    ["python", "x = [‸]\n", "a for a in b"],
    ["python", "if ‸\n    pass\n", "a is None:"],
    ["go", "package m\n\nfunc f() {\n\t‸\n}\n", "if err != nil {\n\t\treturn\n\t}"],
    ["rust", "fn f() {\n    let a = ‸\n}\n", "b::<u8>(&c)?;"],
    ["java", "class A {\n  void m() {\n    foo(‸);\n  }\n}\n", "new B(1), c"],
    ["c", "int f(void) {\n  return ‸\n}\n", "a ? b : c;"],
    ["cpp", "auto f = ‸\n", "[](int a) { return a; };"],
    ["csharp", "class A {\n  ‸\n}\n", "public int B { get; set; }"],
    ["ruby", "def f\n  ‸\nend\n", "a.each do |b|\n    c b\n  end"],
    ["php", "<?php\n$a = ‸\n", "foo($b)['c'];"],
    // Broken whatever stands in the hole: by a macro, a line that is not finished, a window that has lost its top.
    ["cpp", "}\n  a::b().c(std::move‸\nAPI void d(const std::string &e) { a::b().d(e); }\n", "(f));"],
    ["javascript", "call(a,\nfound = g(1)\nfound = g(2)\nt.assert.‸\n", "equal(found.isEmpty, true)"],
    ["ruby", "      set‸\n    end\nend\n", "(:a) { |b| c }"],
  ];
  for (const [language, code, candidate] of good) {
    it(`${language} takes ${JSON.stringify(candidate)}`, async () => {
      assert.deepEqual(await atMark(syntax, language, code, (cursor) => cursor.check(candidate)), {
        addsErrors: false,
        leavesOpen: false,
        validLength: candidate.length,
        closers: "",
      });
    });
  }

  const leavingOpen: readonly (readonly [string, string, string])[] = [
    ["typescript", "function f() { return a.filter((b) => !‸\n", "b.c"],
    ["typescript", "function f() { return a.filter((b) => !‸\n", "b.c).map"],
    ["typescript", "if (a && (b || ‸\n", "c)"],
    ["typescript", "foo(\n  a,\n  ‸\nbar();\n", "b"],
    ["javascript", "const a = [b, ‸\n", "c"],
    ["python", "print(len(‸\n", "a)"],
    ["python", "if foo(a, ‸\n", "b"],
    ["go", "package m\n\nfunc f() {\n\tfoo(‸\n}\n", "a"],
    ["rust", "fn f() {\n    let a = b(c(‸\n}\n", "d)"],
    ["java", "class A {\n  void m() {\n    foo(bar(‸\n  }\n}\n", "b)"],
    ["ruby", "puts(foo(‸\n", "a)"],
    ["php", "<?php\n$a = foo(bar(‸\n", "$b)"],
  ];
  for (const [language, code, candidate] of leavingOpen) {
    it(`${language} lets ${JSON.stringify(candidate)} leave open what was open`, async () => {
      const check = await atMark(syntax, language, code, (cursor) => cursor.check(candidate));
      assert.equal(check.leavesOpen, true, JSON.stringify(check));
    });
  }

  for (const [code, candidate] of [
    ["a.filter((b) => ‸\n", "c))}"],
    ["a.filter((b) => ‸\n", "c["],
    ['foo("‸\n', "a)"],
    ["foo(‸)\n", "a)"],
  ] as const) {
    it(`takes ${JSON.stringify(candidate)} for no more than it is`, async () => {
      const check = await atMark(syntax, "typescript", code, (cursor) => cursor.check(candidate));
      assert.deepEqual([check.addsErrors, check.leavesOpen], [true, false]);
    });
  }

  /** The third is the candidate with ‸ after the part that is valid up to a line end. */
  const bad: readonly (readonly [string, string, string])[] = [
    ["typescript", "foo(‸)\n", "‸a, b)"],
    ["typescript", "const a = foo(‸\n", "‸b));"],
    ["typescript", "function f() {\n  ‸\n}\n", "return 1;‸\n}"],
    ["typescript", "function f() {\n  ‸\n}\n", "a();\n  b();‸\n  c(;"],
    ["typescriptreact", "const a = <ul>‸</ul>;\n", "‸<li>{b}</span>"],
    ["javascriptreact", "const a = <A>‸</A>;\n", "‸</A>"],
    ["javascript", "const a = [‸];\n", "‸1]"],
    ["python", "foo(‸)\n", "‸a))"],
    ["python", "def f():\n    ‸\n", "a = 1‸\n    b = (2"],
    ["go", "package m\n\nfunc f() {\n\t‸\n}\n", "a()‸\n}"],
    ["rust", "fn f() {\n    ‸\n}\n", "let a = 1;‸\n}"],
    ["java", "class A {\n  void m() {\n    foo(‸);\n  }\n}\n", "‸a);"],
    ["c", "int f(void) {\n  return g(‸);\n}\n", "‸a)"],
    ["cpp", "int f() {\n  ‸\n}\n", "int a = 1;\n  return a;‸\n}"],
    ["csharp", "class A {\n  void M() {\n    ‸\n  }\n}\n", "B();‸\n  }"],
    ["ruby", "def f\n  ‸\nend\n", "a‸\nend"],
    ["php", "<?php\nfunction f() {\n  foo(‸);\n}\n", "‸$a);"],
    // The hole is broken too, but not with the right filling.
    ["php", "<?php\nclass A {\n  function f() {\n    $a‸\n\n    $b = 1;\n  }\n}\n", "‸ = new B(); foo bar"],
    ["php", "<?php\nuse A\\B\\‸\nuse C;\n", "‸D; foo bar"],
    ["python", "from a.b.‸\nfrom c import d\n", "‸c import d foo bar"],
    ["go", "package m\n\nfunc f() {\n\tg(func(a‸\n\t\tb()\n\t})\n}\n", "‸ int) {)"],
    ["ruby", "      set‸\n    end\nend\n", "‸(:a) { |b| c )"],
  ];
  for (const [language, code, marked] of bad) {
    it(`${language} refuses ${JSON.stringify(marked)}`, async () => {
      const check = await atMark(syntax, language, code, (cursor) => cursor.check(marked.replace("‸", "")));
      assert.deepEqual([check.addsErrors, check.validLength], [true, marked.indexOf("‸")]);
    });
  }

  it("tells which closers an unfinished candidate wants", async () => {
    const closers = (code: string, candidate: string) =>
      atMark(syntax, "typescript", code, (cursor) => cursor.check(candidate).closers);
    assert.equal(await closers("function f() {\n  ‸\n}\n", "if (a) {"), "}");
    assert.equal(await closers("function f() {\n  ‸\n}\n", "foo(() => {"), "})");
    assert.equal(await closers("function f() {\n  ‸\n}\n", 'foo("a'), '")');
    assert.equal(await closers("function f() {\n  ‸\n}\n", "foo(]"), undefined);
  });

  it("counts overwritten characters as gone", async () => {
    const check = (replaceRight: number) =>
      atMark(syntax, "typescript", "foo(‸)\n", (cursor) => cursor.check("a, b)", replaceRight).addsErrors);
    assert.deepEqual([await check(0), await check(1)], [true, false]);
  });

  it("tolerates what is broken elsewhere", async () => {
    const code = "function g( {\n\nfunction f() {\n  const a = ‸\n}\n";
    assert.equal(await atMark(syntax, "typescript", code, (cursor) => cursor.check("1;").addsErrors), false);
  });
});
