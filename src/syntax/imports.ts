import { namedChildrenOf } from "./childNodes.ts";
import type { ImportedName } from "./syntaxService.ts";
import type { Node } from "./treeSitter.ts";

type Reader = (node: Node) => ImportedName[];

/** Reads the names that one import statement brings, per node type of the twelve grammars. */
const readers: Readonly<Record<string, Reader>> = {
  import_statement: (node) => (node.childForFieldName("source") ? scriptImport(node) : pythonModules(node)),
  export_statement: (node) => (node.childForFieldName("source") ? scriptImport(node) : []),
  lexical_declaration: requires,
  variable_declaration: requires,
  import_from_statement: pythonNames,
  import_declaration: (node) =>
    node.text.startsWith("import (") || goSpecs(node).length ? goSpecs(node) : javaImport(node),
  use_declaration: (node) => rustUse(node.childForFieldName("argument"), ""),
  preproc_include: (node) => path(node.childForFieldName("path")),
  using_declaration: (node) => path(node.namedChild(0)),
  using_directive: (node) => path(node.namedChild(node.namedChildCount - 1)),
  namespace_use_declaration: phpUse,
  call: rubyRequire,
};

/** The imports at the top level of a file (and of a Rust or C# module in it), in order. */
export function importsOf(root: Node): ImportedName[] {
  const found: ImportedName[] = [];
  for (const child of namedChildrenOf(root)) {
    found.push(...(readers[child.type]?.(child) ?? []));
    if (/^preproc_if/.test(child.type)) found.push(...importsOf(child));
  }
  return found;
}

const unquoted = (text: string): string => text.replace(/^["'`<]+|["'`>]+$/g, "");

/** The last part of a path or of a dotted name, without a file's extension. */
const lastPart = (text: string): string => text.split(/[/\\.:]+/).findLast((part) => part !== "") ?? text;

function path(node: Node | null): ImportedName[] {
  if (!node) return [];
  const from = unquoted(node.text);
  return [{ name: lastPart(from.replace(/\.(?:h|hpp|hh|hxx|inc)$/, "")), from }];
}

function scriptImport(node: Node): ImportedName[] {
  const from = unquoted(node.childForFieldName("source")?.text ?? "");
  const names = node
    .descendantsOfType(["import_specifier", "export_specifier"])
    .map((each) => (each.childForFieldName("alias") ?? each.childForFieldName("name"))?.text);
  const clause = namedChildrenOf(node).find((child) => child.type === "import_clause");
  for (const child of clause ? namedChildrenOf(clause) : []) {
    if (child.type === "identifier") names.unshift(child.text);
    if (child.type === "namespace_import") names.push(child.namedChild(0)?.text);
  }
  return names.flatMap((name) => (name ? [{ name, from }] : []));
}

function requires(node: Node): ImportedName[] {
  return namedChildrenOf(node).flatMap((declarator) => {
    const value = declarator.childForFieldName("value");
    const call = value?.type === "await_expression" ? value.namedChild(0) : value;
    if (call?.childForFieldName("function")?.text !== "require") return [];
    const from = unquoted(call.childForFieldName("arguments")?.namedChild(0)?.text ?? "");
    const name = declarator.childForFieldName("name");
    if (name?.type === "identifier") return [{ name: name.text, from }];
    return (name ? namedChildrenOf(name) : []).flatMap((part) => {
      const bound = part.type === "pair_pattern" ? part.childForFieldName("value") : part;
      return bound ? [{ name: bound.text, from }] : [];
    });
  });
}

function pythonModules(node: Node): ImportedName[] {
  return node.childrenForFieldName("name").map((each) => {
    const from = (each.childForFieldName("name") ?? each).text;
    return { name: each.childForFieldName("alias")?.text ?? from, from };
  });
}

function pythonNames(node: Node): ImportedName[] {
  const from = node.childForFieldName("module_name")?.text ?? "";
  return node.childrenForFieldName("name").map((each) => ({
    name: (each.childForFieldName("alias") ?? each.childForFieldName("name") ?? each).text,
    from,
  }));
}

function goSpecs(node: Node): ImportedName[] {
  return node.descendantsOfType("import_spec").flatMap((spec) => {
    const from = unquoted(spec.childForFieldName("path")?.text ?? "");
    // By convention `v2` at the end is a version and the package is called like the part before it.
    return [{ name: spec.childForFieldName("name")?.text ?? lastPart(from.replace(/\/v\d+$/, "")), from }];
  });
}

function javaImport(node: Node): ImportedName[] {
  const from = node.namedChild(0)?.text ?? "";
  const all = namedChildrenOf(node).some((child) => child.type === "asterisk");
  return from ? [{ name: all ? "*" : lastPart(from), from }] : [];
}

function rustUse(node: Node | null, above: string): ImportedName[] {
  if (!node) return [];
  const join = (part: string): string => (above ? `${above}::${part}` : part);
  switch (node.type) {
    case "use_list":
      return namedChildrenOf(node).flatMap((child) => rustUse(child, above));
    case "scoped_use_list":
      return rustUse(node.childForFieldName("list"), join(node.childForFieldName("path")?.text ?? ""));
    case "use_as_clause":
      return [
        {
          name: node.childForFieldName("alias")?.text ?? "",
          from: join(node.childForFieldName("path")?.text ?? ""),
        },
      ];
    case "use_wildcard":
      return [{ name: "*", from: join(node.text.replace(/::\*$/, "")) }];
    default:
      return [{ name: lastPart(node.text), from: join(node.text) }];
  }
}

function phpUse(node: Node): ImportedName[] {
  return node.descendantsOfType("namespace_use_clause").flatMap((clause) => {
    const alias = clause.childForFieldName("alias")?.text;
    const from = clause.namedChild(0)?.text ?? "";
    return [{ name: alias ?? lastPart(from), from }];
  });
}

function rubyRequire(node: Node): ImportedName[] {
  if (!/^require(?:_relative)?$/.test(node.childForFieldName("method")?.text ?? "")) return [];
  const from = unquoted(node.childForFieldName("arguments")?.namedChild(0)?.text ?? "");
  return from ? [{ name: lastPart(from), from }] : [];
}
