import type { ModelClient } from "../model/modelClient.ts";
import { documentPrompt, type PromptCode } from "../prompt/assistPrompt.ts";
import type { SyntaxService } from "../syntax/syntaxService.ts";
import { applyHunks, type Hunk, hunksOf } from "./hunks.ts";
import { likeRegion } from "./likeRegion.ts";
import { collectAnswer, fencedCode, hasClosedBlock } from "./modelAnswer.ts";
import { type CodeRegion, regionText } from "./region.ts";

export type DocumentResult =
  /** The whole document with the comment in it, `\n` line ends. */
  | { readonly kind: "written"; readonly text: string }
  | { readonly kind: "nothing"; readonly why: string }
  | { readonly kind: "cancelled" };

/**
 * Asks for a documentation comment and takes nothing of the answer but comments: whatever else the model changed is
 * left out, so that the code stays what it was.
 * @param region the code to document.
 * @param code the same as the prompt shows it.
 * @throws {ModelError}
 */
export async function writeDocumentation(
  region: CodeRegion,
  code: PromptCode,
  model: ModelClient,
  syntax: SyntaxService,
  signal: AbortSignal,
): Promise<DocumentResult> {
  if (!syntax.supports(region.languageId))
    return { kind: "nothing", why: `comments of ${region.languageId} cannot be told from code (no grammar)` };
  const old = regionText(region);
  const maxTokens = Math.min(1536, Math.ceil(old.length / 2.5) + 400);
  const request = { messages: documentPrompt(code), maxTokens, temperature: 0 };
  const answer = await collectAnswer(model, request, signal, hasClosedBlock);
  if (answer.cancelled || signal.aborted) return { kind: "cancelled" };
  const written = fencedCode(answer.text);
  if (written === undefined) return { kind: "nothing", why: "the answer held no code" };
  const comments: Hunk[] = [];
  const hasComment = commentAbove.test(region.text.slice(0, region.range.start));
  for (const hunk of hunksOf(`${old}\n`, `${likeRegion(written, old)}\n`)) {
    if (hasComment && hunk.oldStart === 0) continue;
    const added = insertion(hunk);
    const newText = added && (await commentLines(region, added, syntax));
    if (newText) comments.push({ ...added, newText });
  }
  if (comments.length === 0) {
    const why = hasComment ? "there is a comment above already" : "the answer held no new comment";
    return { kind: "nothing", why };
  }
  const documented = applyHunks(`${old}\n`, comments).slice(0, -1);
  const text = region.text.slice(0, region.range.start) + documented + region.text.slice(region.range.end);
  return { kind: "written", text };
}

/** The hunk as lines that are only added: a line that the model wrote again beside a comment stays as it was. */
function insertion(hunk: Hunk): Hunk | undefined {
  if (hunk.oldText.trim() === "") return hunk.newText.trim() === "" ? undefined : { ...hunk, oldLines: 0 };
  const kept = hunk.oldText.trim();
  const at = hunk.newText.indexOf(kept);
  if (at === -1) return undefined;
  const before = hunk.newText.slice(0, at);
  const newText = before.slice(0, before.lastIndexOf("\n") + 1);
  return newText.trim() === "" ? undefined : { ...hunk, oldLines: 0, newText };
}

/** A comment that ends on the line before; directives of C and attributes are none. */
const commentAbove =
  /(?:\*\/|(?:^|\n)[ \t]*(?:\/\/|#(?!\[|(?:include|define|undef|if|ifn?def|elif|else|endif|pragma)\b))[^\n]*)\n[ \t]*$/;

/** The added lines that stand in a comment, or in a text as Python's documentation does; empty for none. */
async function commentLines(region: CodeRegion, hunk: Hunk, syntax: SyntaxService): Promise<string> {
  const lines = regionText(region).split(/(?<=\n)/);
  const before = region.text.slice(0, region.range.start) + lines.slice(0, hunk.oldStart).join("");
  const after = region.text.slice(before.length);
  const added = hunk.newText.split(/(?<=\n)/);
  let kept = "";
  for (const [index, line] of added.entries()) {
    // Two characters in, the cursor stands behind the beginning of any comment and before the end of any line.
    const first = line.length - line.trimStart().length;
    const at = line.trim() === "" ? 0 : first + Math.max(1, Math.min(2, line.trim().length - 1));
    const rest = added.slice(index + 1).join("");
    const cursor = await syntax.atCursor(
      `${region.key}#doc`,
      region.languageId,
      before + kept + line.slice(0, at),
      line.slice(at) + rest + after,
    );
    const place = cursor?.context.place;
    cursor?.dispose();
    if (place === "comment" || place === "string") kept += line;
  }
  return kept.trim() === "" ? "" : kept;
}
