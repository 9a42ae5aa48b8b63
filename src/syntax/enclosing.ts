import { definitionName } from "./definitionName.ts";
import { ancestorsAt, isBlock, isClass, isFunction } from "./nodeKinds.ts";
import type { Enclosing, NamedRange } from "./syntaxService.ts";
import type { Node } from "./treeSitter.ts";

/** The innermost function and class around `offset`. A lambda without a name counts only when it has a body in braces. */
export function enclosing(root: Node, offset: number): Enclosing {
  let inFunction: NamedRange | undefined;
  for (const node of ancestorsAt(root, offset)) {
    if (!inFunction && isFunction(node)) {
      const name = definitionName(node);
      if (name || node.children.some((child) => isBlock(child))) inFunction = range(node, name);
    }
    if (isClass(node)) {
      const inClass = range(node, definitionName(node));
      return { ...(inFunction && { function: inFunction }), class: inClass };
    }
  }
  return inFunction ? { function: inFunction } : {};
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
