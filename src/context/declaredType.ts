import { type ChainPart, chainOf } from "./receiver.ts";
import { escaped, typeName } from "./typeExpression.ts";

/** How a variable came by its value, read from the code in front of the cursor. */
export type Declared =
  | { readonly kind: "type"; readonly name: string }
  /** The value of an expression. */
  | { readonly kind: "value"; readonly chain: readonly ChainPart[] };

const reach = 16_000;

/** The declarations and assignments of `name` that come last before the cursor, the nearest first. */
export function declarationsOf(name: string, languageId: string, before: string): readonly Declared[] {
  const text = before.slice(-reach);
  const found: { at: number; declared: Declared }[] = [];
  for (const pattern of patternsOf(languageId, escaped(name))) {
    for (const match of text.matchAll(pattern)) {
      const type = match.groups?.["type"];
      const value = match.groups?.["value"];
      const declared = type !== undefined ? typed(type) : value !== undefined ? valued(value) : undefined;
      if (declared) found.push({ at: match.index, declared });
    }
  }
  return found
    .sort((a, b) => b.at - a.at)
    .slice(0, 3)
    .map(({ declared }) => declared);
}

function patternsOf(languageId: string, name: string): readonly RegExp[] {
  const assigned = new RegExp(
    `(?<![\\w$.])${name}(?:\\s*,\\s*\\w+)*\\s*:?=(?![=>])\\s*(?<value>[^\\n]{1,200})`,
    "g",
  );
  switch (languageId) {
    case "java":
    case "csharp":
    case "c":
    case "cpp":
    case "cuda-cpp":
      return [
        new RegExp(
          `\\b(?<type>[A-Z]\\w*(?:(?:\\.|::)\\w+)*(?:<[^;=(){}]*>)?)[\\s*&]+${name}\\s*(?=[=;,):])`,
          "g",
        ),
        assigned,
      ];
    case "go":
      return [new RegExp(`(?:[(,]\\s*|\\bvar\\s+)${name}\\s+(?<type>[*\\w.[\\]]+)`, "g"), assigned];
    case "python":
      return [
        annotated(name),
        assigned,
        new RegExp(`\\bwith\\s+(?<value>[^\\n]{1,200}?)\\s+as\\s+${name}\\b`, "g"),
      ];
    case "php":
      return [new RegExp(`\\b(?<type>[A-Z]\\w*)\\s+\\$?${name}\\b`, "g"), assigned];
    default:
      return [annotated(name), assigned];
  }
}

const annotated = (name: string): RegExp =>
  new RegExp(`(?<![\\w$.])${name}[?!]?\\s*:(?!:)\\s*(?<type>[^=;\\n{]{1,120})`, "g");

function typed(text: string): Declared | undefined {
  const name = typeName(text);
  return name === undefined ? undefined : { kind: "type", name };
}

function valued(text: string): Declared | undefined {
  const expression = text.replace(/^(?:(?:await|async|yield|&|\*|mut)\s*)+/, "");
  const created =
    /^new\s+([\w$.]+)/.exec(expression)?.[1] ?? /^([A-Z]\w*(?:\.\w+)*)\s*\{/.exec(expression)?.[1];
  if (created !== undefined) return typed(created);
  const end = expressionEnd(expression);
  const chain = chainOf(
    expression
      .slice(0, end)
      .replace(/\.await\b/g, "")
      .replace(/\.(?:unwrap|expect|clone|as_ref|as_mut)\([^)]*\)/g, ""),
  );
  return chain && chain.length > 0 ? { kind: "value", chain } : undefined;
}

/** End of the chain of names, calls and elements that the text begins with. */
function expressionEnd(text: string): number {
  const open: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if ("([{".includes(character)) {
      if (character === "{" && open.length === 0) return at;
      open.push(character);
    } else if (")]}".includes(character)) {
      if (open.pop() === undefined) return at;
    } else if (open.length === 0 && !/[\w$.:?!@]/.test(character)) return at;
  }
  return text.length;
}
