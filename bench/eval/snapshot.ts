import {
  type DocumentSnapshot,
  snapshotPrefixLimit,
  snapshotSuffixLimit,
} from "../../src/completion/documentSnapshot.ts";
import { windowAfter, windowBefore } from "../../src/editor/textWindow.ts";
import type { EvalCase } from "./cases.ts";

/** The document as the editor would show it to the pipeline with the cursor in the hole. */
export function snapshotOf(each: EvalCase, uri: string): DocumentSnapshot {
  const text = (each.prefix + each.suffix).replaceAll("\r\n", "\n");
  const prefix = each.prefix.replaceAll("\r\n", "\n");
  const lines = text.split("\n");
  const source = { lineCount: lines.length, line: (index: number) => lines[index] ?? "" };
  const line = prefix.split("\n").length - 1;
  const character = prefix.length - (prefix.lastIndexOf("\n") + 1);
  const indents = lines.flatMap((each) => /^[ \t]+(?=\S)/.exec(each)?.[0] ?? []);
  return {
    uri,
    path: each.path,
    languageId: each.language,
    version: 1,
    eol: each.prefix.includes("\r\n") ? "\r\n" : "\n",
    prefix: windowBefore(source, line, character, snapshotPrefixLimit).text,
    suffix: windowAfter(source, line, character, snapshotSuffixLimit).text,
    position: { line, character },
    lineCount: lines.length,
    length: text.length,
    indentation: {
      insertSpaces: indents.filter((indent) => indent.startsWith(" ")).length * 2 >= indents.length,
      tabSize: Math.min(
        8,
        ...indents.filter((indent) => /^ {2,}$/.test(indent)).map((indent) => indent.length),
        4,
      ),
    },
  };
}
