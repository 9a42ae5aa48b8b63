import { childrenOf, namedChildrenOf } from "./childNodes.ts";
import type { GrammarName } from "./languages.ts";
import type { Node } from "./treeSitter.ts";

/** How broken a tree is: error nodes and missing tokens, each counted once, and what the grammars let pass. */
export function countErrors(root: Node, grammar: GrammarName): number {
  return brokenNodes(root) + (grammar === "ruby" ? strayEnds(root) : 0);
}

function brokenNodes(node: Node): number {
  if (!node.hasError) return 0;
  let count = node.isError || node.isMissing ? 1 : 0;
  for (const child of childrenOf(node)) {
    if (child.isMissing) count++;
    else if (child.hasError) count += brokenNodes(child);
  }
  return count;
}

/** Whether an error or a missing token begins in the range, its end included. */
export function breaksWithin(node: Node, start: number, end: number): boolean {
  if (node.startIndex > end || node.endIndex < start) return false;
  if ((node.isError || node.isMissing) && node.startIndex >= start) return true;
  return (
    (node.hasError || node.isMissing) && childrenOf(node).some((child) => breaksWithin(child, start, end))
  );
}

/** Ruby's grammar reads one `end` too many as a method's name at the top level. */
function strayEnds(root: Node): number {
  return namedChildrenOf(root).filter((child) => child.type === "identifier" && child.text === "end").length;
}

/** Closing JSX tags inside the range that do not fit the opening one, which the grammar lets pass. */
export function mismatchedTags(root: Node, text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf("</", start); at !== -1 && at < end; at = text.indexOf("</", at + 2)) {
    const closing = root.descendantForIndex(at, at)?.parent;
    if (closing?.type !== "jsx_closing_element") continue;
    const opening = closing.parent?.childForFieldName("open_tag");
    if (opening?.childForFieldName("name")?.text !== closing.childForFieldName("name")?.text) count++;
  }
  return count;
}
