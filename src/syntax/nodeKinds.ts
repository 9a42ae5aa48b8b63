import type { Node } from "./treeSitter.ts";

/**
 * What the node types of the twelve grammars mean to completion. One table for all: where a name means the same
 * in several grammars it stands once, and where a keyword has the name of a node, `isNamed` tells them apart.
 */
const blockTypes = new Set(
  `statement_block class_body interface_body enum_body switch_body switch_case switch_default object_type
   block statement_list expression_case default_case type_case communication_case field_declaration_list
   declaration_list enum_variant_list match_block
   constructor_body switch_block switch_block_statement_group annotation_type_body
   compound_statement case_statement default_statement enumerator_list
   switch_section accessor_list enum_member_declaration_list
   body_statement then else do block_body begin ensure rescue
   enum_declaration_list class_static_block`.split(/\s+/),
);

const commentTypes = new Set(["comment", "line_comment", "block_comment", "html_comment"]);

const stringTypes = new Set(
  `string template_string regex string_literal raw_string_literal interpreted_string_literal rune_literal
   char_literal character_literal text_block verbatim_string_literal interpolated_string_expression
   encapsed_string heredoc heredoc_body nowdoc system_lib_string subshell string_array byte_string_literal
   concatenated_string_content`.split(/\s+/),
);

const interpolationTypes = new Set([
  "template_substitution",
  "interpolation",
  "format_expression",
  "jsx_expression",
]);

const argumentTypes = new Set([
  "arguments",
  "argument_list",
  "annotation_argument_list",
  "attribute_argument_list",
]);

const functionTypes = new Set(
  `function_declaration generator_function_declaration function_expression generator_function arrow_function
   method_definition function_definition function_item closure_expression func_literal method_declaration
   constructor_declaration compact_constructor_declaration lambda_expression lambda local_function_statement
   anonymous_method_expression destructor_declaration operator_declaration method singleton_method
   anonymous_function anonymous_function_creation_expression`.split(/\s+/),
);

const classTypes = new Set(
  `class_declaration abstract_class_declaration class_definition class_specifier struct_specifier class module
   impl_item trait_item struct_item enum_item interface_declaration struct_declaration record_declaration
   enum_declaration trait_declaration`.split(/\s+/),
);

/** Holds statements or members; the root does too. */
export const isBlock = (node: Node): boolean => node.isNamed && blockTypes.has(node.type);
export const isComment = (node: Node): boolean => commentTypes.has(node.type);
export const isString = (node: Node): boolean => node.isNamed && stringTypes.has(node.type);
/** Code inside a string. */
export const isInterpolation = (node: Node): boolean => node.isNamed && interpolationTypes.has(node.type);
export const isFunction = (node: Node): boolean => node.isNamed && functionTypes.has(node.type);
/** Python's root is called `module` like Ruby's modules. */
export const isClass = (node: Node): boolean =>
  node.isNamed && classTypes.has(node.type) && node.parent !== null;

export function isCallArguments(node: Node): boolean {
  if (!node.isNamed) return false;
  if (argumentTypes.has(node.type)) return node.parent?.type !== "class_definition";
  return node.type === "token_tree" && node.parent?.type === "macro_invocation";
}

/** The leaf, or smallest node, that holds the character at `offset`, and its ancestors, from the inside out. */
export function* ancestorsAt(root: Node, offset: number): Generator<Node> {
  for (let node = root.descendantForIndex(offset, offset); node; node = node.parent) yield node;
}
