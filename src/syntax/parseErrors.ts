import type { Node } from "./treeSitter.ts";

/**
 * How broken a tree is: missing tokens and error nodes, each counted once. An error inside an error counts again
 * only where the parser found structure in between, so that one stray bracket stays near one.
 */
export function countErrors(root: Node): number {
  if (!root.hasError) return 0;
  let count = root.isError || root.isMissing ? 1 : 0;
  for (const child of root.children) {
    if (child.isMissing) count++;
    else if (child.hasError) count += countErrors(child);
  }
  return count;
}
