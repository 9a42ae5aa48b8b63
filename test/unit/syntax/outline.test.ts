import { strict as assert } from "node:assert";
import { createSyntax } from "./syntax.ts";

interface Row {
  readonly language: string;
  readonly code: string;
  /** `kind container.name`, in order. */
  readonly definitions: readonly string[];
  readonly imports: readonly string[];
  /** Signature of the definition named first. */
  readonly signature: readonly [string, string];
}

const rows: readonly Row[] = [
  {
    language: "typescript",
    code: `import a, { b as c, d } from "./x";
import * as ns from "y";
export class A<T> extends B {
  x = 1;
  m(a: number): void {
    const local = 1;
  }
}
interface I { p: string; q(): void }
type T = { a: 1 };
enum E { X }
export const f = async (x: number): Promise<void> => { g(); };
const [u] = [1];
`,
    definitions: [
      "class A",
      "property A.x",
      "method A.m",
      "interface I",
      "property I.p",
      "method I.q",
      "type T",
      "property T.a",
      "enum E",
      "function f",
    ],
    imports: ["a from ./x", "c from ./x", "d from ./x", "ns from y"],
    signature: ["f", "export const f = async (x: number): Promise<void> =>"],
  },
  {
    language: "javascript",
    code: `const { a, b: c } = require("x");
const d = require("y");
function f(a) { return <A b={a} />; }
class A { m() {} }
`,
    definitions: ["constant d", "function f", "class A", "method A.m"],
    imports: ["a from x", "c from x", "d from y"],
    signature: ["f", "function f(a)"],
  },
  {
    language: "python",
    code: `import os.path as p
import json
from .a.b import c as d, e

X = 1

@dec(1)
class A(B):
    y: int = 1

    def m(self, a: int) -> str:
        local = 1
        return local
`,
    definitions: ["variable X", "class A", "property A.y", "method A.m"],
    imports: ["p from os.path", "json from json", "d from .a.b", "e from .a.b"],
    signature: ["m", "def m(self, a: int) -> str:"],
  },
  {
    language: "go",
    code: `package m

import (
	"fmt"
	x "a/b"
	"c/d/v2"
)

type S struct {
	A int
}

type I interface{ M() }

func (s *S) M(a int) error {
	return nil
}

func F() {}

const Y = 2
`,
    definitions: [
      "class S",
      "property S.A",
      "interface I",
      "method I.M",
      "method S.M",
      "function F",
      "constant Y",
    ],
    imports: ["fmt from fmt", "x from a/b", "d from c/d/v2"],
    signature: ["S", "type S struct"],
  },
  {
    language: "rust",
    code: `use a::b::{c, d as e, f::*};
use g::H;
pub struct S<T> { a: T }
enum E { A, B(i32) }
trait T { fn q(&self); }
impl S<u8> { pub fn m(&self, a: i32) -> i32 { let local = 1; a } }
const X: i32 = 1;
macro_rules! foo { () => {} }
`,
    definitions: [
      "class S",
      "property S.a",
      "enum E",
      "constant E.A",
      "constant E.B",
      "interface T",
      "method T.q",
      "method S<u8>.m",
      "constant X",
      "macro foo",
    ],
    imports: ["c from a::b::c", "e from a::b::d", "* from a::b::f", "H from g::H"],
    signature: ["m", "pub fn m(&self, a: i32) -> i32"],
  },
  {
    language: "java",
    code: `package p;
import a.b.C;
import static a.b.D.*;
public class A extends B {
  int x = 1;
  A(int a) { super(a); }
  @X("y") public void m(String s) throws E { int local = 1; }
}
interface I { void q(); }
enum E { X, Y }
record R(int a) { }
`,
    definitions: [
      "class A",
      "property A.x",
      "method A.A",
      "method A.m",
      "interface I",
      "method I.q",
      "enum E",
      "constant E.X",
      "constant E.Y",
      "class R",
    ],
    imports: ["C from a.b.C", "* from a.b.D"],
    signature: ["m", '@X("y") public void m(String s) throws E'],
  },
  {
    language: "c",
    code: `#include <a.h>
#define M(x) x
struct S { int a; };
typedef struct S T;
enum E { A };
static int v = 1;
int *g(char *s, int a);
int f(int a) { int local = 1; return local; }
`,
    definitions: [
      "macro M",
      "class S",
      "property S.a",
      "type T",
      "enum E",
      "constant E.A",
      "variable v",
      "function g",
      "function f",
    ],
    imports: ["a from a.h"],
    signature: ["f", "int f(int a)"],
  },
  {
    language: "cpp",
    code: `#include "x/a.hpp"
using std::vector;
namespace n {
class A : public B {
 public:
  int m() const { return f(1); }
  void q(int a);
  int x;
};
template <class T> T f(T a) { return a; }
}
int A::m() { return 1; }
`,
    definitions: [
      "module n",
      "class n.A",
      "method A.m",
      "method A.q",
      "property A.x",
      "method n.f",
      "function A::m",
    ],
    imports: ["a from x/a.hpp", "vector from std::vector"],
    signature: ["f", "template <class T> T f(T a)"],
  },
  {
    language: "csharp",
    code: `using System.Text;
namespace N {
  public class A : B {
    public int X { get; set; }
    int y = 1;
    public A(int a) : base(a) { }
    public async Task M(string s) { var local = 1; }
  }
  interface I { void Q(); }
  enum E { Z }
}
`,
    definitions: [
      "module N",
      "class N.A",
      "property A.X",
      "property A.y",
      "method A.A",
      "method A.M",
      "interface N.I",
      "method I.Q",
      "enum N.E",
      "constant E.Z",
    ],
    imports: ["Text from System.Text"],
    signature: ["M", "public async Task M(string s)"],
  },
  {
    language: "ruby",
    code: `require "a/b"
module M
  class A < B
    X = 1
    def m(a, b = 1)
      local = 1
    end
    def self.q; end
  end
end
`,
    definitions: ["module M", "class M.A", "property A.X", "method A.m", "method A.q"],
    imports: ["b from a/b"],
    signature: ["m", "def m(a, b = 1)"],
  },
  {
    language: "php",
    code: `<?php
namespace A\\B;
use C\\D as E;
use X\\Y;
class A extends B {
  private int $x = 1;
  const K = 1;
  public function m(string $a): int { return 1; }
}
interface I { public function q(); }
enum E { case A; }
function f($a) { return 1; }
`,
    definitions: [
      "module A\\B",
      "class A",
      "property A.$x",
      "constant A.K",
      "method A.m",
      "interface I",
      "method I.q",
      "enum E",
      "constant E.A",
      "function f",
    ],
    imports: ["E from C\\D", "Y from X\\Y"],
    signature: ["m", "public function m(string $a): int"],
  },
];

describe("outline", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());
  for (const row of rows) {
    it(row.language, async () => {
      const outline = await syntax.outline(row.language, row.code);
      assert.ok(outline);
      assert.deepEqual(
        outline.definitions.map(
          (each) => `${each.kind} ${each.container ? `${each.container}.` : ""}${each.name}`,
        ),
        row.definitions,
      );
      assert.deepEqual(
        outline.imports.map((each) => `${each.name} from ${each.from}`),
        row.imports,
      );
      const [name, signature] = row.signature;
      const found = outline.definitions.find((each) => each.name === name);
      assert.equal(found && row.code.slice(found.signature.start, found.signature.end), signature);
    });
  }

  it("tells which names a range uses, with what stands left of the dot", async () => {
    const uses = async (language: string, code: string) =>
      (await syntax.outline(language, code))
        ?.usesIn({ start: 0, end: code.length })
        .map((use) => (use.qualifier ? `${use.qualifier}>${use.name}` : use.name));
    assert.deepEqual(await uses("typescript", "const a = b.c(d);\nclass X {}"), ["b", "b>c", "d"]);
    assert.deepEqual(await uses("python", "a = b.c(d)"), ["a", "b", "b>c", "d"]);
    assert.deepEqual(await uses("go", "package m\n\nfunc f() { fmt.Println(x) }"), [
      "m",
      "fmt",
      "fmt>Println",
      "x",
    ]);
    assert.deepEqual(await uses("rust", "fn f() { a::b(c.d()); }"), ["a", "a>b", "c", "c>d"]);
    assert.deepEqual(await uses("java", "class A { void m() { a.b(c); } }"), ["a", "a>b", "c"]);
    assert.deepEqual(await uses("c", "int f(void) { return p->x; }"), ["p", "p>x"]);
    assert.deepEqual(await uses("csharp", "class A { void M() { a.B(c); } }"), ["a", "a>B", "c"]);
    assert.deepEqual(await uses("ruby", "def f\n  a.b(c)\nend"), ["a", "a>b", "c"]);
    assert.deepEqual(await uses("php", "<?php\n$a->b($c);"), ["a", "$a>b", "c"]);
  });
});

describe("enclosing definition", () => {
  const syntax = createSyntax();
  after(() => syntax.dispose());
  const at = async (language: string, code: string) => {
    const offset = code.indexOf("‸");
    const text = code.replace("‸", "");
    const around = await syntax.enclosing("k", language, text, offset);
    return [around?.function, around?.class].map(
      (each) => each && `${each.name}: ${text.slice(each.start, each.end)}`,
    );
  };

  it("finds functions and classes with what belongs to them", async () => {
    assert.deepEqual(await at("typescript", "a;\nexport const f = () => {\n  b‸;\n};"), [
      "f: export const f = () => {\n  b;\n};",
      undefined,
    ]);
    assert.deepEqual(await at("python", "@a\nclass A:\n    @b\n    def f(self):\n        c‸\nd"), [
      "f: @b\n    def f(self):\n        c",
      "A: @a\nclass A:\n    @b\n    def f(self):\n        c",
    ]);
    assert.deepEqual(await at("rust", "impl A {\n    fn f() { b‸(|x| x); }\n}"), [
      "f: fn f() { b(|x| x); }",
      "A: impl A {\n    fn f() { b(|x| x); }\n}",
    ]);
    assert.deepEqual(await at("javascript", "function f() { return a.map((b) => b‸.c); }"), [
      "f: function f() { return a.map((b) => b.c); }",
      undefined,
    ]);
    assert.deepEqual(await at("ruby", "class A\n  def f\n    b‸\n  end\nend"), [
      "f: def f\n    b\n  end",
      "A: class A\n  def f\n    b\n  end\nend",
    ]);
    assert.deepEqual(await at("c", "int *f(int a) {\n  b‸;\n}"), ["f: int *f(int a) {\n  b;\n}", undefined]);
    assert.deepEqual(await at("go", "package m\n\nvar a‸ = 1\n"), [undefined, undefined]);
  });
});
