import { namedChildrenOf } from "./childNodes.ts";
import { definitionName } from "./definitionName.ts";
import { wholeDefinition } from "./enclosing.ts";
import { isFunction } from "./nodeKinds.ts";
import type { Definition, DefinitionKind, TextRange } from "./syntaxService.ts";
import type { Node } from "./treeSitter.ts";

const kinds: Readonly<Record<DefinitionKind, string>> = {
  function: `function_declaration generator_function_declaration function_definition function_item function_signature
    function_signature_item local_function_statement`,
  method: `method_definition method_declaration method_signature abstract_method_signature method_elem
    constructor_declaration method singleton_method`,
  class: `class_declaration abstract_class_declaration class_definition class_specifier struct_specifier
    union_specifier struct_item union_item struct_declaration record_declaration class`,
  interface: "interface_declaration trait_item trait_declaration annotation_type_declaration",
  type: "type_alias_declaration type_item type_definition type_spec type_alias alias_declaration delegate_declaration",
  enum: "enum_declaration enum_item enum_specifier",
  module: "internal_module module namespace_definition namespace_declaration mod_item",
  constant:
    "const_item static_item const_spec enum_constant enum_variant enumerator enum_case enum_member_declaration const_element",
  variable: "var_spec variable_declarator declaration assignment",
  property: `public_field_definition field_definition property_signature field_declaration property_declaration
    property_element`,
  macro: "preproc_def preproc_function_def macro_definition",
};

const kindByType: ReadonlyMap<string, DefinitionKind> = new Map(
  (Object.keys(kinds) as DefinitionKind[]).flatMap((kind) =>
    kinds[kind]
      .trim()
      .split(/\s+/)
      .map((type): [string, DefinitionKind] => [type, kind]),
  ),
);

/** Looked into without being definitions themselves. Function bodies are not: their locals are nobody's business. */
const transparent = new Set(
  `program module source_file translation_unit compilation_unit export_statement ambient_declaration
   decorated_definition expression_statement lexical_declaration variable_declaration var_declaration
   const_declaration type_declaration var_spec_list statement_block template_declaration linkage_specification
   class_body interface_body enum_body object_type block declaration_list field_declaration_list enum_variant_list
   enumerator_list enum_member_declaration_list enum_declaration_list body_statement preproc_if preproc_ifdef
   preproc_else preproc_elif enum_body_declarations namespace_body struct_type interface_type impl_item
   file_scoped_namespace_declaration field_declaration property_declaration`.split(/\s+/),
);

const containers = new Set<DefinitionKind>(["class", "interface", "enum", "module", "type"]);

/** The definitions of a whole file in order of appearance; locals of functions are left out. */
export function definitionsOf(root: Node): Definition[] {
  const found: Definition[] = [];
  visit(root, undefined, found);
  return found;
}

function visit(node: Node, container: string | undefined, found: Definition[]): void {
  for (const child of namedChildrenOf(node)) {
    const kind = node.parent === null && child.type === "module" ? "module" : kindByType.get(child.type);
    const definition = kind && define(child, kind, container ?? receiverOf(child));
    if (definition) found.push(definition);
    if (definition ? containers.has(definition.kind) : transparent.has(child.type)) {
      const holder = definition?.name ?? (child.type === "impl_item" ? definitionName(child) : container);
      for (const body of definition ? bodiesOf(child) : [child]) visit(body, holder, found);
    }
  }
}

/** Go writes methods outside of their type: `func (s *Server) Run()`. */
function receiverOf(node: Node): string | undefined {
  const receiver = node.type === "method_declaration" ? node.childForFieldName("receiver") : null;
  return receiver?.descendantsOfType("type_identifier")[0]?.text;
}

function bodiesOf(node: Node): Node[] {
  const body =
    node.childForFieldName("body") ?? node.childForFieldName("type") ?? node.childForFieldName("value");
  return body ? [body] : [];
}

function define(node: Node, kind: DefinitionKind, container: string | undefined): Definition | undefined {
  const name = nameOf(node);
  if (!name) return undefined;
  const value = node.childForFieldName("value") ?? node.childForFieldName("right");
  const whole = wholeDefinition(node);
  const range = { start: whole.startIndex, end: whole.endIndex };
  return {
    name,
    kind: refined(node, kind, container, value),
    range,
    signature: signatureOf(node, value, range, whole.text),
    container,
  };
}

function nameOf(node: Node): string | undefined {
  if (node.type === "assignment") {
    const left = node.childForFieldName("left");
    return left && /^(?:identifier|constant)$/.test(left.type) ? left.text : undefined;
  }
  if (node.type === "variable_declarator" && node.childForFieldName("name")?.type.endsWith("pattern"))
    return undefined;
  return definitionName(node) ?? (node.type === "const_element" ? node.namedChild(0)?.text : undefined);
}

function refined(
  node: Node,
  kind: DefinitionKind,
  container: string | undefined,
  value: Node | null,
): DefinitionKind {
  if (node.type === "type_spec") {
    const type = node.childForFieldName("type")?.type;
    return type === "struct_type" ? "class" : type === "interface_type" ? "interface" : "type";
  }
  if (value && isFunction(value)) return container ? "method" : "function";
  if (hasFunctionDeclarator(node)) return container ? "method" : "function";
  if (kind === "function" && container && node.type !== "local_function_statement") return "method";
  if (kind !== "variable") return kind;
  if (container) return "property";
  if (node.parent?.firstChild?.type === "const") return "constant";
  return node.childForFieldName("left")?.type === "constant" ? "constant" : "variable";
}

function hasFunctionDeclarator(node: Node): boolean {
  if (node.type !== "declaration" && node.type !== "field_declaration") return false;
  for (let at = node.childForFieldName("declarator"); at; at = at.childForFieldName("declarator")) {
    if (at.type === "function_declarator") return true;
  }
  return false;
}

/** Up to the body; a definition without one is its own signature, an assigned value is cut after its first line. */
function signatureOf(node: Node, value: Node | null, range: TextRange, text: string): TextRange {
  const body =
    node.childForFieldName("body") ??
    (value && isFunction(value) ? value.childForFieldName("body") : null) ??
    (node.type === "type_spec" ? bodyOfType(node) : null);
  if (body)
    return {
      start: range.start,
      end: range.start + text.slice(0, body.startIndex - range.start).trimEnd().length,
    };
  const lineEnd = value ? text.indexOf("\n") : -1;
  return { start: range.start, end: lineEnd === -1 ? range.end : range.start + lineEnd };
}

function bodyOfType(node: Node): Node | null {
  const type = node.childForFieldName("type");
  return type?.type === "struct_type" ? (type.namedChild(0) ?? null) : null;
}
