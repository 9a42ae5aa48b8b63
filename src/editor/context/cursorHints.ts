import type { Clock } from "../../base/clock.ts";
import type { DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import { CursorHints } from "../../context/cursorHints.ts";
import { OutlineIndex } from "../../context/outlineIndex.ts";
import { OutlineMembers } from "../../context/outlineMembers.ts";
import { OwnFiles } from "../../context/ownFile.ts";
import type { SyntaxService } from "../../syntax/syntaxService.ts";
import type { IgnoredFiles } from "../ignoredFiles.ts";
import type { Settings } from "../settings.ts";
import { IndexedFiles } from "./indexedFiles.ts";
import { LanguageServerMembers } from "./languageServerMembers.ts";

/**
 * What exists at the cursor, by the language server first and by the index of the workspace's files where it is silent.
 * The model is not told: a list of members in a comment made small models copy from it (see bench/REPORT.md).
 */
export function cursorHints(
  parts: {
    readonly settings: Settings;
    readonly ignored: IgnoredFiles;
    readonly syntax: SyntaxService;
    readonly clock: Clock;
    readonly log: Log;
  },
  disposables: DisposableStore,
): CursorHints {
  const { settings, ignored, syntax, clock, log } = parts;
  const files = disposables.add(new IndexedFiles(settings, ignored, log));
  const index = disposables.add(new OutlineIndex(files, syntax, log));
  const own = new OwnFiles(syntax);
  return new CursorHints([new LanguageServerMembers(), new OutlineMembers(index, own)], clock, log);
}
