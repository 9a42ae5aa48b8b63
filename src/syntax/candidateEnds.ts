import { isBlock } from "./nodeKinds.ts";
import type { CandidateEnd, CandidateEnds } from "./syntaxService.ts";
import type { Node } from "./treeSitter.ts";

/**
 * Reads from the tree of prefix + candidate + suffix (root `root`) where the candidate at `[at, at + length)` ends
 * its statement and leaves its block. The suffix is part of the tree, so that what is balanced there stays balanced.
 */
export function candidateEnds(root: Node, text: string, at: number, length: number): CandidateEnds {
  const candidate = text.slice(at, at + length);
  const first = candidate.search(/\S/);
  if (first === -1) return {};
  const leaf = root.descendantForIndex(at + first, at + first);
  const statement = leaf && statementOf(leaf);
  if (!leaf || !statement?.parent) return {};
  const end = at + length;
  const block = leavingBlock(statement, text, at, end);
  const own =
    leaf.parent === statement.parent && !leaf.isNamed ? undefined : statementEnd(statement, text, at, end);
  return { ...(own && { statement: own }), ...(block && { block }) };
}

/** The ancestor that stands directly in a block or at the top level. */
export function statementOf(node: Node): Node {
  let statement = node;
  for (let parent = statement.parent; parent; parent = statement.parent) {
    if (isBlock(parent) || parent.parent === null) return statement;
    statement = parent;
  }
  return statement;
}

function statementEnd(statement: Node, text: string, at: number, end: number): CandidateEnd | undefined {
  if (statement.hasError) return undefined;
  const offset = trimmedEnd(text, statement.endIndex);
  if (offset <= at || offset > end) return undefined;
  const followed = /\S/.test(text.slice(offset, end));
  return { offset: offset - at, settled: followed || text.charAt(offset - 1) === ";" };
}

/** The end of what belongs to the block around `statement`, once its closer or a dedent stands in the candidate. */
function leavingBlock(statement: Node, text: string, at: number, end: number): CandidateEnd | undefined {
  const block = statement.parent;
  if (!block || block.parent === null || !isBlock(block)) return undefined;
  const closer = block.lastChild;
  if (!closer || closer.isMissing) return undefined;
  const braced = !closer.isNamed && closer.endIndex === block.endIndex && /^(?:\}|end)$/.test(closer.type);
  if (braced) {
    if (closer.endIndex > end || closer.startIndex < at) return undefined;
    return { offset: Math.max(0, trimmedEnd(text, closer.startIndex) - at), settled: true };
  }
  const offset = trimmedEnd(text, block.endIndex);
  if (offset < at || offset >= end || !/\S/.test(text.slice(offset, end))) return undefined;
  return { offset: offset - at, settled: true };
}

function trimmedEnd(text: string, end: number): number {
  let offset = end;
  while (offset > 0 && /\s/.test(text.charAt(offset - 1))) offset--;
  return offset;
}
