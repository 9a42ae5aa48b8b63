import assert from "node:assert/strict";
import * as vscode from "vscode";
import { wisp } from "./wisp.ts";

interface Contributed {
  readonly commands: readonly { readonly command: string }[];
}

describe("activation", () => {
  it("starts no engine before there is anything to complete", async () => {
    const { enginePid } = await wisp();
    assert.equal(vscode.window.visibleTextEditors.length, 0);
    assert.equal(enginePid(), undefined);
  });

  it("registers every command that the manifest contributes", async () => {
    await wisp();
    const manifest = vscode.extensions.getExtension("wisp-local.wisp")?.packageJSON;
    const { commands } = manifest.contributes as Contributed;
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      commands.map(({ command }) => command).filter((command) => !registered.has(command)),
      [],
    );
  });

  it("is ready with the default model", async () => {
    const { status } = await wisp();
    assert.equal(status().kind, "ready");
  });
});
