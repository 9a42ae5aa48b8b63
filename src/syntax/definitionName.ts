import type { Node } from "./treeSitter.ts";

/** The name that a definition gives itself, or that the variable or property it is assigned to gives it. */
export function definitionName(node: Node): string | undefined {
  return nameNode(node)?.text;
}

/** The node of that name. */
export function nameNode(node: Node): Node | undefined {
  const own = ownName(node);
  if (own) return own;
  const holder = node.parent;
  if (holder?.type === "variable_declarator" || holder?.type === "public_field_definition") {
    return holder.childForFieldName("name") ?? undefined;
  }
  if (holder?.type === "field_definition") return holder.childForFieldName("property") ?? undefined;
  if (holder?.type === "pair") return holder.childForFieldName("key") ?? undefined;
  if (holder?.type === "assignment_expression" || holder?.type === "assignment") {
    return holder.childForFieldName("left") ?? undefined;
  }
  return undefined;
}

/** The name that a definition gives itself: a lambda has none. */
export function ownName(node: Node): Node | undefined {
  const own = node.childForFieldName("name") ?? node.childForFieldName("property");
  if (own) return own;
  if (node.type === "impl_item") return node.childForFieldName("type") ?? undefined;
  const declarator = node.childForFieldName("declarator");
  return declarator ? declaredName(declarator) : undefined;
}

/** C wraps a name in declarators: `int *(*f)(int)`. */
function declaredName(declarator: Node): Node | undefined {
  for (let node: Node | null = declarator; node; ) {
    if (/identifier|^(?:operator_name|destructor_name)$/.test(node.type)) return node;
    const inner: Node | null = node.childForFieldName("declarator") ?? node.childForFieldName("name");
    node =
      inner ??
      (node.type === "parenthesized_declarator"
        ? node.namedChild(0)
        : node.namedChild(node.namedChildCount - 1));
  }
  return undefined;
}
