import assert from "node:assert/strict";
import { workspaceUrl } from "../../../scripts/codeServer/launch.ts";
import { commandLine } from "../../../scripts/support/processes.ts";

describe("commands of the scripts", () => {
  it("reach Windows' shell part by part, whatever stands in a path", () => {
    assert.equal(
      commandLine("C:\\Users\\A B\\Microsoft VS Code\\bin\\code.cmd", ["--wait", 'say "hi"']),
      '"C:\\Users\\A B\\Microsoft VS Code\\bin\\code.cmd" "--wait" "say ""hi"""',
    );
  });

  it("name a folder in an address so that it is read back as it is", () => {
    const folder = "/tmp/my c#&+100%";
    const url = new URL(workspaceUrl({ origin: "http://127.0.0.1:1" } as never, folder));
    assert.equal(url.searchParams.get("folder"), folder);
  });
});
