import { resolve } from "node:path";
import type { Outcome } from "../src/completion/outcome.ts";
import { Session } from "../test/e2e/support/session.ts";
import { runCommand } from "./support/command.ts";
import { step, UsageError } from "./support/step.ts";
import { e2eEnvironment } from "./testing/e2eSuite.ts";

const usage = `usage: npm run lab:ghost -- --model FILE [--screenshot FILE]

Opens real VS Code with the packaged extension and a GGUF file as its model, types the beginnings of some lines of a
Python file with the quietness "eager", and prints what is painted behind them; where nothing is, asks again with
"Wisp: Suggest Now". Ends with 1 where nothing was painted at all.

  --model FILE        such as lab/runs/tiny-cpu/export/tiny-cpu-q8_0.gguf
  --screenshot FILE   a picture (PNG) of the place with the longest ghost text
`;

/** What stands behind \`|\` is typed there. */
const marked = `"""Accounts of a small shop."""

import os
|import num


class Account:
    |def __in


class Ledger:
    def __init__(self, name=None, *args):
        self.name = name
        |self._

    |@prop

    def items(self):
        |return self.


def read(path):
    if not path:
        |raise Val


def largest(values):
    for value in values:
        |if not isinst
    |return Non
`;

const lines = marked.split("\n");
const places = lines.flatMap((text, index) => {
  const column = text.indexOf("|") + 1;
  return column === 0 ? [] : [{ line: index + 1, column, typed: text.slice(column) }];
});

const options = { model: { type: "string" }, screenshot: { type: "string" } } as const;

await runCommand(usage, { options }, async ({ values: options }) => {
  if (options.model === undefined) throw new UsageError("--model FILE is needed; --help tells more.");
  const model = resolve(options.model);
  step("Packaging the extension and looking for the editor");
  Object.assign(process.env, await e2eEnvironment());
  step("Starting VS Code");
  const session = await Session.start({
    files: { "shop.py": lines.map((text) => text.replace(/\|.*$/, "")).join("\n") },
    settings: {
      "wisp.model.path": model,
      "wisp.suggestions.quietness": "eager",
      "editor.autoIndent": "none",
      "window.zoomLevel": 1,
    },
  });
  try {
    return await askEverywhere(session, options.screenshot);
  } finally {
    await session.stop();
  }
});

async function askEverywhere(session: Session, screenshot: string | undefined): Promise<number> {
  const painted = { typing: 0, asked: 0 };
  let longest = 0;
  const look = async (outcome: Outcome): Promise<boolean> => {
    if (outcome.kind !== "shown") return false;
    if (screenshot !== undefined && outcome.text.length > longest)
      await session.editor.page.screenshot({ path: resolve(screenshot) });
    longest = Math.max(longest, outcome.text.length);
    return true;
  };
  for (const { line, column, typed } of places) {
    await session.editor.open("shop.py", line, column);
    const typing = await asked(session, () => session.editor.type(typed.endsWith(".") ? typed : `${typed} `));
    console.log(`${line}: ${typed}  typing: ${said(typing)}`);
    if (await look(typing)) painted.typing += 1;
    else {
      const onRequest = await asked(session, () => session.editor.command("Wisp: Suggest Now"));
      console.log(`${line}: ${typed}  asked: ${said(onRequest)}`);
      if (await look(onRequest)) painted.asked += 1;
    }
    await session.editor.press("Escape");
    await session.editor.waitForNoGhostText();
  }
  const { status } = await session.wisp();
  console.log(
    `${painted.typing} of ${places.length} places show ghost text while typing, ${painted.asked} more when asked; ` +
      `model: ${JSON.stringify(status)}`,
  );
  return painted.typing + painted.asked > 0 ? 0 : 1;
}

/** What came of a request, with the text that is really painted. */
async function asked(session: Session, act: () => Promise<void>): Promise<Outcome> {
  const before = (await session.wisp()).traces[0]?.id ?? 0;
  await act();
  const outcome = await session.outcomeIn("shop.py", before);
  return outcome.kind === "shown" ? { ...outcome, text: await session.editor.waitForGhostText() } : outcome;
}

function said(outcome: Outcome): string {
  return outcome.kind === "shown" ? JSON.stringify(outcome.text) : `nothing (${outcome.reason})`;
}
