import { nameNode } from "./definitionName.ts";
import type { NameUse } from "./syntaxService.ts";
import type { LoadedGrammar, Node } from "./treeSitter.ts";

const identifierTypes = [
  "identifier",
  "type_identifier",
  "property_identifier",
  "private_property_identifier",
  "shorthand_property_identifier",
  "field_identifier",
  "package_identifier",
  "namespace_identifier",
  "constant",
  "instance_variable",
  "name",
];

/** The field that holds the left side of each kind of member access, and the one that holds the member. */
const accesses: Readonly<Record<string, { readonly of: string; readonly member: string }>> = {
  member_expression: { of: "object", member: "property" },
  attribute: { of: "object", member: "attribute" },
  selector_expression: { of: "operand", member: "field" },
  qualified_type: { of: "package", member: "name" },
  field_expression: { of: "value", member: "field" },
  field_access: { of: "object", member: "field" },
  method_invocation: { of: "object", member: "name" },
  member_access_expression: { of: "expression", member: "name" },
  call: { of: "receiver", member: "method" },
  scope_resolution: { of: "scope", member: "name" },
  member_call_expression: { of: "object", member: "name" },
  member_access: { of: "object", member: "name" },
  scoped_call_expression: { of: "scope", member: "name" },
  scoped_identifier: { of: "path", member: "name" },
  scoped_type_identifier: { of: "path", member: "name" },
  qualified_identifier: { of: "scope", member: "name" },
  nested_type_identifier: { of: "module", member: "name" },
};

/** A longer expression left of the dot is no name to look up. */
const maxQualifier = 80;

/** Every identifier of a text that is not the name of a definition. */
export function usesOf(grammar: LoadedGrammar, root: Node): NameUse[] {
  const types = identifierTypes.filter((type) => grammar.hasNode(type));
  const query = grammar.query(`[${types.map((type) => `(${type})`).join(" ")}] @name`);
  const uses: NameUse[] = [];
  for (const { node } of query.captures(root)) {
    if (isDefined(node)) continue;
    uses.push({ name: node.text, offset: node.startIndex, qualifier: qualifierOf(node) });
  }
  return uses;
}

function isDefined(node: Node): boolean {
  const parent = node.parent;
  if (!parent || accesses[parent.type]) return false;
  return /definition|declaration|_item$|declarator|_spec$|^method$|^class$|_signature$/.test(parent.type)
    ? nameNode(parent)?.id === node.id
    : false;
}

function qualifierOf(node: Node): string | undefined {
  const parent = node.parent;
  const access = parent && accesses[parent.type];
  if (!access || parent.childForFieldName(access.member)?.id !== node.id) return undefined;
  const left = parent.childForFieldName(access.of) ?? parent.childForFieldName("argument");
  return left && left.endIndex - left.startIndex <= maxQualifier ? left.text : undefined;
}
