import type { Node } from "./treeSitter.ts";

/*
 * web-tree-sitter makes room for as many nodes as it has counted and fills it by walking; where a repaired tree makes the
 * two differ, null stands in what its types call a list of nodes.
 */

const isThere = (node: Node | null): node is Node => node !== null;

export function childrenOf(node: Node): Node[] {
  return (node.children as (Node | null)[]).filter(isThere);
}

export function namedChildrenOf(node: Node): Node[] {
  return (node.namedChildren as (Node | null)[]).filter(isThere);
}
