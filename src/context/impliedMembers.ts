import type { Definition } from "../syntax/syntaxService.ts";
import type { IndexedDefinition } from "./outlineIndex.ts";
import { escaped } from "./typeExpression.ts";

const mostPerType = 80;
const fieldAssignment: Readonly<Record<string, RegExp>> = {
  python: /^[ \t]+self\.(\w+)[ \t]*(?::[ \t]*([^=\n]+?))?[ \t]*=(?!=)[ \t]*([^\n]*)/gm,
  javascript: /\bthis\.([\w$#]+)()[ \t]*=(?!=)[ \t]*([^;\n]*)/g,
};

/** Members that no definition of their own declares: a record's parts, a constructor's fields, assigned fields. */
export function impliedMembers(
  definitions: readonly Definition[],
  languageId: string,
  text: string,
  path: string,
): readonly IndexedDefinition[] {
  const found: IndexedDefinition[] = [];
  const declared = new Set(definitions.map(({ container, name }) => `${container}.${name}`));
  const add = (container: string, name: string, signature: string, kind: "property" | "method"): void => {
    const key = `${container}.${name}`;
    if (declared.has(key)) return;
    declared.add(key);
    found.push({ name, kind, container, signature: signature.slice(0, 200), path });
  };
  const assignment = fieldAssignment[languageId.replace(/^(?:type|java)script(?:react)?$/, "javascript")];
  for (const definition of definitions) {
    const { name, kind, container, range, signature } = definition;
    const head = text.slice(signature.start, signature.end);
    if (kind === "class" && /\brecord\b/.test(head)) {
      for (const [, type, part] of head.slice(head.indexOf("(")).matchAll(recordPart)) {
        add(
          name,
          part ?? "",
          languageId === "java" ? `${type} ${part}()` : `${type} ${part}`,
          languageId === "java" ? "method" : "property",
        );
      }
    }
    if (name === "constructor" && container) {
      for (const [, property = "", type = ""] of head.matchAll(parameterProperty)) {
        add(container, property, `${property}: ${type}`, "property");
      }
    }
    if (kind !== "class" || !assignment) continue;
    const body = text.slice(range.start, range.end);
    for (const [, field = "", type = "", value = ""] of [...body.matchAll(assignment)].slice(
      0,
      mostPerType,
    )) {
      add(name, field, fieldSignature(field, type || typeOfParameter(value, body), value), "property");
    }
  }
  return found;
}

/** `String name` in a record's head, annotations left out. */
const recordPart = /(?:@\w+(?:\([^)]*\))?\s*)*((?:[\w.]+\s*)(?:<[^()]*?>)?(?:\[\])?)\s+(\w+)\s*(?=[,)])/g;
const parameterProperty = /(?:public|protected|private|readonly)\s+(?:readonly\s+)?(\w+)\??\s*:\s*([^,)=]+)/g;

/** `self.client = client` has the type of the parameter. */
function typeOfParameter(value: string, body: string): string {
  const name = /^([a-z_]\w*)\s*$/i.exec(value)?.[1];
  if (name === undefined) return "";
  return new RegExp(`[(,]\\s*${escaped(name)}\\s*:\\s*([^,=)\\n]+)`).exec(body)?.[1]?.trim() ?? "";
}

const fieldSignature = (field: string, type: string, value: string): string =>
  type !== "" ? `${field}: ${type}` : /^(?:new\s+)?[A-Z][\w.]*\(/.test(value) ? `${field} = ${value}` : field;
