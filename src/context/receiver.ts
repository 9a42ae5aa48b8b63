/** One part of a chain such as `a.b(c)[d]`. */
export interface ChainPart {
  readonly name: string;
  readonly isCalled: boolean;
  /** What stands in the brackets after the name or after the call, where an element of it is taken. */
  readonly index?: string;
}

/** What stands left of the cursor when the name of a member is due: `client.tools().li|`. */
export interface Receiver {
  readonly chain: readonly ChainPart[];
  /** The receiver's text as written. */
  readonly text: string;
  /** `.`, `?.`, `->`, `::`, `import` or `new`. */
  readonly separator: string;
  /** What is typed of the member's name. */
  readonly typed: string;
  /** The module as written, where a name that is imported from it is due; the chain is empty then. */
  readonly module?: string;
}

const longestReceiver = 400;
const access = /(\?\.|\.|->|::)\s*$/;
const identifier = /[\p{L}_$@][\p{L}\p{N}_$]*$/u;
const closers: Readonly<Record<string, string>> = { ")": "(", "]": "[", ">": "<" };

// What stands between is split at its commas: a pattern for the list takes time that doubles with every name of it.
const pythonImport = /^\s*from\s+([.\w]+)\s+import\s+\(?([\w\s,]*)$/;
const scriptImport = /^\s*(?:import|export)\s+(?:type\s+)?\{([\w$\s,]*)$/;
const scriptModule = /^[^}\n]*\}\s*from\s*["']([^"'\n]+)["']/;

/** The module of an import whose names are being written: `from a import |`, `import { | } from "a"`. */
export function importAt(left: string, right: string, languageId: string): Receiver | undefined {
  const isPython = languageId === "python";
  if (!/^(?:python|(?:type|java)script(?:react)?)$/.test(languageId)) return undefined;
  const found = (isPython ? pythonImport : scriptImport).exec(left);
  const module = isPython ? found?.[1] : scriptModule.exec(right)?.[1];
  const typed = found?.[isPython ? 2 : 1]?.split(",").at(-1)?.trimStart();
  if (typed === undefined || module === undefined || /\s/.test(typed)) return undefined;
  return { chain: [], text: module, separator: "import", typed, module };
}

/** Where the name of a class is due, because an object of it is made: `new |`. The chain is empty. */
export function constructionAt(left: string, languageId: string): Receiver | undefined {
  if (!/^(?:(?:type|java)script(?:react)?|java|csharp|php)$/.test(languageId)) return undefined;
  const typed = identifier.exec(left)?.[0] ?? "";
  if (!/(?:^|[^\p{L}\p{N}_$.])new\s+$/u.test(left.slice(-longestReceiver, left.length - typed.length)))
    return undefined;
  return { chain: [], text: "", separator: "new", typed };
}

/** Whether the code at the cursor is part of what it asks for a member. */
export function isOwnReceiver(text: string): boolean {
  return /^(?:this|self|cls|super(?:\(\))?|@self)$/.test(text);
}

/** Reads backwards from the end of `left`; undefined where no member is due or the receiver is no plain chain. */
export function receiverAt(left: string): Receiver | undefined {
  const window = left.slice(-longestReceiver);
  const typed = identifier.exec(window)?.[0] ?? "";
  const before = window.slice(0, window.length - typed.length);
  const separator = access.exec(before)?.[1];
  if (separator === undefined || (separator === "." && /\d\.\s*$/.test(before))) return undefined;
  const text = before.replace(access, "");
  const chain = chainBefore(text);
  if (!chain) return undefined;
  return { chain: chain.parts, text: text.slice(chain.start).trim(), separator, typed };
}

/** The chain that a whole expression is, or undefined where it is something else. */
export function chainOf(expression: string): readonly ChainPart[] | undefined {
  const text = expression.trim().replace(/[?;]+$/, "");
  const chain = chainBefore(text);
  return chain && chain.start === 0 ? chain.parts : undefined;
}

function chainBefore(text: string): { parts: ChainPart[]; start: number } | undefined {
  const parts: ChainPart[] = [];
  let rest = text.trimEnd();
  for (;;) {
    let isCalled = false;
    let index: string | undefined;
    for (
      rest = rest.replace(/[!?]+$/, "").trimEnd();
      ")]".includes(rest.at(-1) ?? " ");
      rest = rest.trimEnd()
    ) {
      const closer = rest.at(-1) ?? "";
      const open = openingOf(rest, closer);
      if (open === undefined) return undefined;
      if (closer === ")") isCalled = true;
      else index ??= rest.slice(open + 1, -1);
      rest = rest.slice(0, open).replace(/[!?]+$/, "");
    }
    // Type arguments stand between a name and its call.
    if (isCalled && rest.endsWith(">") && !/[-=]>$/.test(rest)) {
      const open = openingOf(rest, ">");
      if (open === undefined) return undefined;
      rest = rest.slice(0, open).replace(/::$/, "");
    }
    const name = identifier.exec(rest)?.[0];
    if (name === undefined) return undefined;
    parts.unshift({ name, isCalled, ...(index !== undefined && { index }) });
    rest = rest.slice(0, rest.length - name.length);
    const link = access.exec(rest);
    if (!link) return { parts, start: rest.length };
    rest = rest.slice(0, link.index).trimEnd();
  }
}

function openingOf(text: string, closer: string): number | undefined {
  const opener = closers[closer] ?? "";
  let depth = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    const character = text[at];
    if (character === closer) depth++;
    else if (character === opener && --depth === 0) return at;
  }
  return undefined;
}
