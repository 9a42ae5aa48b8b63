import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Outcome } from "../src/completion/outcome.ts";
import { Session } from "../test/e2e/support/session.ts";
import { until } from "../test/e2e/support/until.ts";
import { runMain, step, UsageError } from "./support/step.ts";
import { e2eEnvironment } from "./testing/e2eSuite.ts";

const usage = `usage: npm run lab:ghost -- --model FILE [--screenshot FILE]

Opens real VS Code with the packaged extension and a GGUF file as its model, asks at the beginnings of some lines of a
Python file ("Wisp: Suggest Now"), and prints what is painted there. Ends with 1 where nothing was painted at all.

  --model FILE        such as lab/runs/tiny-cpu/export/tiny-cpu-q8_0.gguf
  --screenshot FILE   a picture (PNG) of the first place with ghost text
`;

/** `|` marks the places: beginnings of lines, with the indentation that the editor gives. */
const marked = `"""Accounts of a small shop."""

import os
import sys
|

class Account:
    def __init__(self, name, balance):
        |

    def deposit(self, amount):
        if amount < 0:
            |
        self.balance += amount

    def __repr__(self):
        |


def read(path):
    with open(path) as file:
        |


def largest(values):
    result = None
    for value in values:
        |
    return result


if __name__ == "__main__":
    |
`;

const lines = marked.split("\n");
const places = lines.flatMap((line, index) =>
  line.endsWith("|") ? [{ line: index + 1, column: line.length }] : [],
);

await runMain(async () => {
  const { values: options } = parseArgs({
    options: { model: { type: "string" }, screenshot: { type: "string" } },
  });
  if (options.model === undefined) throw new UsageError(usage);
  const model = resolve(options.model);
  step("Packaging the extension and looking for the editor");
  Object.assign(process.env, await e2eEnvironment());
  step("Starting VS Code");
  const session = await Session.start({
    files: { "shop.py": lines.map((line) => line.replace(/\|$/, "")).join("\n") },
    settings: { "wisp.model.path": model, "window.zoomLevel": 1 },
  });
  try {
    return await ask(session, options.screenshot);
  } finally {
    await session.stop();
  }
});

async function ask(session: Session, screenshot: string | undefined): Promise<number> {
  let painted = 0;
  let after = 0;
  for (const { line, column } of places) {
    await session.editor.open("shop.py", line, column);
    await session.editor.command("Wisp: Suggest Now");
    const outcome = await session.outcomeIn("shop.py", after);
    after = (await session.wisp()).traces[0]?.id ?? after;
    if (outcome.kind === "shown") {
      const ghost = await session.editor.waitForGhostText();
      if (painted === 0 && screenshot !== undefined) {
        await session.editor.page.screenshot({ path: resolve(screenshot) });
      }
      painted += 1;
      console.log(report(line, ghost));
    } else console.log(report(line, undefined, outcome));
    await session.editor.press("Escape");
    await until("the place is as it was", 10_000, async () => (await session.editor.ghostText()) === "");
  }
  const { status } = await session.wisp();
  console.log(`${painted} of ${places.length} places show ghost text; status: ${JSON.stringify(status)}`);
  return painted > 0 ? 0 : 1;
}

function report(line: number, ghost: string | undefined, outcome?: Outcome): string {
  const above = lines
    .slice(0, line - 1)
    .findLast((text) => text !== "")
    ?.trim();
  const said = ghost === undefined ? `nothing (${JSON.stringify(outcome)})` : JSON.stringify(ghost);
  return `line ${line}, after ${JSON.stringify(above)}: ${said}`;
}
