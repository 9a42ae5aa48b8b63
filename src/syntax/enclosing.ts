import { childrenOf } from "./childNodes.ts";
import { definitionName, ownName } from "./definitionName.ts";
import { ancestorsAt, isBlock, isClass, isFunction } from "./nodeKinds.ts";
import type { Enclosing, NamedRange } from "./syntaxService.ts";
import type { Node } from "./treeSitter.ts";

/**
 * The innermost function and class around `offset`. A lambda whose body is an expression counts only where it has a name
 * and stands in no other function: elsewhere it is a part of that function.
 */
export function enclosing(root: Node, offset: number): Enclosing {
  let inFunction: NamedRange | undefined;
  let inClass: NamedRange | undefined;
  const bare: Node[] = [];
  for (const node of ancestorsAt(root, offset)) {
    if (!inFunction && isFunction(node)) {
      const name = definitionName(node);
      const hasBlock = childrenOf(node).some((child) => isBlock(child));
      if (!hasBlock && !ownName(node)) bare.push(node);
      else if (name || hasBlock) inFunction = range(node, name);
    }
    if (isClass(node)) {
      inClass = range(node, definitionName(node));
      break;
    }
  }
  const named = inFunction ? undefined : bare.findLast((node) => definitionName(node) !== undefined);
  if (named) inFunction = range(named, definitionName(named));
  return {
    ...(inFunction && { function: inFunction }),
    ...(inClass && { class: inClass }),
    expressions: bare
      .filter((node) => node !== named)
      .map(({ startIndex, endIndex }) => ({ start: startIndex, end: endIndex })),
  };
}

/** With what belongs to it from outside: decorators, `export`, `template <…>`, the `const f =` of a lambda. */
export function wholeDefinition(node: Node): Node {
  let whole = node;
  for (let parent = whole.parent; parent && isWrapper(parent); parent = parent.parent) whole = parent;
  return whole;
}

/** Go's `type (…)`, `const (…)` and `var (…)` may hold many. */
const isWrapper = (node: Node): boolean =>
  wrapperTypes.has(node.type) ||
  (/^(?:type|const|var)_declaration$/.test(node.type) && node.namedChildCount === 1);

const wrapperTypes = new Set([
  "decorated_definition",
  "export_statement",
  "ambient_declaration",
  "template_declaration",
  "variable_declarator",
  "lexical_declaration",
  "variable_declaration",
]);

function range(node: Node, name: string | undefined): NamedRange {
  const whole = wholeDefinition(node);
  return { name, start: whole.startIndex, end: whole.endIndex };
}
