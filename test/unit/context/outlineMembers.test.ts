import assert from "node:assert/strict";
import { familyOf } from "../../../src/context/languageFamily.ts";
import type { Members } from "../../../src/context/members.ts";
import { OutlineMembers } from "../../../src/context/outlineMembers.ts";
import { importAt, receiverAt } from "../../../src/context/receiver.ts";
import { createSyntax } from "../syntax/syntax.ts";
import { indexOf, queryAt } from "./fakeWorkspace.ts";

const syntax = createSyntax();

async function membersAt(
  texts: Readonly<Record<string, string>>,
  path: string,
  languageId: string,
  code: string,
): Promise<Members | undefined> {
  const { index, own } = indexOf(syntax, texts);
  const query = queryAt(path, languageId, code);
  const family = familyOf(languageId);
  assert.ok(family);
  await index.filled(family, path);
  const receiver = receiverAt(query.prefix);
  assert.ok(receiver);
  const members = await new OutlineMembers(index, own).members(query, receiver);
  index.dispose();
  return members;
}

const namesOf = (members: Members | undefined): string[] =>
  (members?.members ?? []).map(({ name }) => name).sort();

describe("members by outlines", () => {
  after(() => syntax.dispose());

  const client = `export class Base { close(): void {} }
export class Client extends Base {
  private secret = 1;
  session: Session;
  async listTools(cursor?: string): Promise<Tools> { return x; }
}
export class Session { readonly id: string; }
export function connect(url: string): Promise<Client> { return y; }`;

  it("follows an import, a parameter's type and a base class in TypeScript", async () => {
    const code = `import { Client } from "./client.ts";\nasync function run(client: Client) {\n  await client.‸\n}\n`;
    const members = await membersAt({ "src/client.ts": client }, "src/run.ts", "typescript", code);
    assert.deepEqual(namesOf(members), ["close", "listTools", "session"]);
    assert.equal(members?.owner, "Client");
    assert.equal(members.isComplete, true);
  });

  it("follows what a call returns and then a property", async () => {
    const code = `import { connect } from "./client.ts";\nconst client = await connect("x");\nclient.session.‸\n`;
    assert.deepEqual(
      namesOf(await membersAt({ "src/client.ts": client }, "src/run.ts", "typescript", code)),
      ["id"],
    );
  });

  it("knows private members inside of the class only", async () => {
    const code = "class A {\n  private hidden = 1;\n  shown = 2;\n  run() {\n    this.‸\n  }\n}\n";
    assert.deepEqual(namesOf(await membersAt({}, "a.ts", "typescript", code)), ["hidden", "run", "shown"]);
  });

  it("does not claim to know everything where a base is unknown", async () => {
    const code = "class A extends Elsewhere {\n  run() {\n    this.‸\n  }\n}\n";
    assert.equal((await membersAt({}, "a.ts", "typescript", code))?.isComplete, false);
  });

  it("offers what a module has where an import is written", async () => {
    const { index, own } = indexOf(syntax, {
      "pkg/base.py": "class Component: ...\ndef make(): ...\n",
      "client.ts": client,
    });
    const offered = async (path: string, languageId: string, code: string): Promise<string[]> => {
      const query = queryAt(path, languageId, code);
      const family = familyOf(languageId);
      assert.ok(family);
      await index.filled(family, path);
      const left = query.prefix.slice(query.prefix.lastIndexOf("\n") + 1);
      const receiver = importAt(left, query.suffix, languageId);
      assert.ok(receiver);
      return namesOf(await new OutlineMembers(index, own).members(query, receiver));
    };
    assert.deepEqual(await offered("pkg/a.py", "python", "from .base import ma‸\n"), ["Component", "make"]);
    const names = ["Base", "Client", "Session", "connect"];
    assert.deepEqual(await offered("a.ts", "typescript", 'import { ‸ } from "./client.ts";\n'), names);
    index.dispose();
  });

  it("knows nothing of a receiver without a type", async () => {
    assert.equal(
      await membersAt({ "b.ts": client }, "a.ts", "typescript", "const q = foo();\nq.‸\n"),
      undefined,
    );
  });

  it("reads annotations, self and inheritance across files in Python", async () => {
    const base = "class Component:\n    name: str\n    def get_meta(self) -> dict: ...\n";
    const code =
      "from .base import Component\n\nclass Tool(Component):\n    def run(self):\n        self.‸\n";
    const members = await membersAt({ "pkg/base.py": base }, "pkg/tool.py", "python", code);
    assert.deepEqual(namesOf(members), ["get_meta", "name", "run"]);
  });

  it("offers a Go package's exported names, and a struct's methods from other files", async () => {
    const files = {
      "util/net.go": "package util\n\nfunc IsLoopback(host string) bool { return true }\nfunc hidden() {}\n",
      "mcp/client.go": "package mcp\n\ntype Client struct {\n\troots []string\n}\n",
      "mcp/calls.go": "package mcp\n\nfunc (c *Client) Call(name string) error { return nil }\n",
    };
    const head = 'package mcp\n\nimport "example.com/x/util"\n\n';
    const inPackage = await membersAt(files, "mcp/a.go", "go", `${head}func f() {\n\tutil.‸\n}\n`);
    assert.deepEqual(namesOf(inPackage), ["IsLoopback"]);
    assert.equal(inPackage?.isComplete, true);
    const ofValue = await membersAt(files, "mcp/a.go", "go", `${head}func f(c *Client) {\n\tc.‸\n}\n`);
    assert.deepEqual(namesOf(ofValue), ["Call", "roots"]);
    const elsewhere = 'package main\n\nimport "example.com/x/mcp"\n\nfunc f(c *mcp.Client) {\n\tc.‸\n}\n';
    assert.deepEqual(namesOf(await membersAt(files, "cmd/main.go", "go", elsewhere)), ["Call"]);
  });

  it("follows chains of calls in Java, records included", async () => {
    const files = {
      "a/Scenario.java": "package a;\npublic class Scenario { public Client getClient() { return null; } }",
      "a/Client.java": "package a;\npublic class Client { public Result call(String name) { return null; } }",
    };
    const code =
      "package a;\nclass T {\n  private Scenario scenario;\n  void f() {\n    this.scenario.getClient().‸\n  }\n}\n";
    assert.deepEqual(namesOf(await membersAt(files, "a/T.java", "java", code)), ["call"]);
  });

  it("knows a record's parts, fields that a constructor declares, and fields that are assigned", async () => {
    const record = "package a;\npublic record Answer(boolean valid, @Nullable String message) {}";
    const java = "package a;\nclass T {\n  void f(Answer answer) {\n    answer.‸\n  }\n}\n";
    assert.deepEqual(namesOf(await membersAt({ "a/Answer.java": record }, "a/T.java", "java", java)), [
      "message",
      "valid",
    ]);
    const script = `import { Client } from "./client";\nclass A {\n  constructor(private readonly client: Client) {}\n  run() {\n    this.client.‸\n  }\n}\n`;
    assert.deepEqual(namesOf(await membersAt({ "client.ts": client }, "a.ts", "typescript", script)), [
      "close",
      "listTools",
      "session",
    ]);
    const python =
      "from .c import Client\n\nclass A:\n    def __init__(self, client: Client):\n        self.client = client\n\n    def run(self):\n        self.client.‸\n";
    const c = "class Client:\n    def call(self): ...\n";
    assert.deepEqual(namesOf(await membersAt({ "c.py": c }, "a.py", "python", python)), ["call"]);
  });

  it("offers what a Rust module and an implementation hold", async () => {
    const files = {
      "src/router/traits.rs": "pub fn wrap() {}\nfn hidden() {}\n",
      "src/peer.rs": "pub struct Peer { id: u32 }\nimpl Peer {\n    pub fn notify(&self) {}\n}\n",
    };
    assert.deepEqual(
      namesOf(await membersAt(files, "src/router.rs", "rust", "fn f() {\n    traits::‸\n}\n")),
      ["wrap"],
    );
    const code = "use crate::peer::Peer;\nfn f(peer: &Peer) {\n    peer.‸\n}\n";
    assert.deepEqual(namesOf(await membersAt(files, "src/a.rs", "rust", code)), ["id", "notify"]);
  });

  it("guesses by the name where no declaration tells, and says that it is a guess", async () => {
    const files = { "lib/log.js": "class LogController {\n  incoming (request) {}\n}\n" };
    const members = await membersAt(files, "lib/a.js", "javascript", "reply.server[kLogController].‸\n");
    assert.deepEqual(namesOf(members), ["incoming"]);
    assert.equal(members?.isComplete, false);
  });

  it("follows changes of files, and forgets removed ones", async () => {
    const { files, index } = indexOf(syntax, { "a.ts": "export class One {}" });
    const family = familyOf("typescript");
    assert.ok(family);
    await index.filled(family, "b.ts");
    assert.equal(index.view(family, "b.ts").named("One").length, 1);
    files.change("a.ts", "export class Two {}");
    await index.settled(family, "b.ts");
    assert.equal(index.view(family, "b.ts").named("One").length, 0);
    assert.equal(index.view(family, "b.ts").named("Two").length, 1);
    files.change("a.ts");
    await index.settled(family, "b.ts");
    assert.equal(index.view(family, "b.ts").named("Two").length, 0);
    index.dispose();
  });

  it("reads nothing before it is asked", async () => {
    const { files, index } = indexOf(syntax, { "a.ts": "export class One {}" });
    files.change("a.ts", "export class Two {}");
    await Promise.resolve();
    assert.equal(files.reads, 0);
    index.dispose();
  });
});
