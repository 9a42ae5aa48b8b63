import type { IndexedDefinition } from "./outlineIndex.ts";

/** Types that only wrap the one that matters to a reader of members. */
const wrappers =
  /^(?:Promise|Awaitable|Readonly|Required|Partial|NonNullable|Optional|Annotated|ClassVar|Final|Arc|Rc|Box|Ref|RefMut|Option|Result|Cow|Mutex|RwLock|shared_ptr|unique_ptr|Task|ValueTask|Lazy|Coroutine)$/;
const collections =
  /^(?:Array|ReadonlyArray|Set|ReadonlySet|List|list|set|Sequence|Iterable|Iterator|Vec|Collection|IEnumerable|AsyncIterable|vector|tuple|Stream|Flux)$/;

/**
 * The name that decides which members a value of the type has: `Promise<a.B | undefined>` has those of `B`.
 * @param isElement asks for the type of an element of it.
 */
export function typeName(expression: string, isElement = false): string | undefined {
  const text = expression
    .trim()
    .replace(/^["']|["']$/g, "")
    .replace(
      /^(?:(?:&\s*(?:'\w+\s+)?|\*+|mut\s+|dyn\s+|impl\s+|readonly\s+|const\s+|final\s+|typeof\s+)\s*)+/,
      "",
    );
  const slice = /^\[\](.*)$/s.exec(text);
  if (slice) return isElement ? typeName(slice[1] ?? "") : undefined;
  const match = /^([\p{L}_$][\p{L}\p{N}_$]*(?:(?:\.|::)[\p{L}_$][\p{L}\p{N}_$]*)*)\s*([<[(]?)/u.exec(text);
  if (!match) return undefined;
  const name = match[1]?.split(/\.|::/).at(-1) ?? "";
  const inner = match[2] === "<" || match[2] === "[" ? text.slice(match[0].length) : undefined;
  if (/^(?:None|null|undefined|void|nil|error)$/.test(name)) {
    const rest = text.slice(name.length).replace(/^\s*\|/, "");
    return rest === text.slice(name.length) ? undefined : typeName(rest, isElement);
  }
  if (inner !== undefined && wrappers.test(name)) return typeName(inner, isElement);
  if (inner?.startsWith("]")) return isElement ? name : undefined;
  if (inner !== undefined && collections.test(name)) return isElement ? typeName(inner) : name;
  return name === "" ? undefined : name;
}

/** The type of what a definition gives: what a function returns, what a property or variable holds. */
export function resultType(
  { name, kind, signature, container }: Pick<IndexedDefinition, "name" | "kind" | "signature" | "container">,
  languageId: string,
): string | undefined {
  const text = signature.replace(/\s+/g, " ");
  if (kind === "class" || kind === "interface" || kind === "enum") return name;
  const isFunction = kind === "function" || kind === "method";
  const type = isFunction ? returned(text, name, languageId) : declared(text, name, languageId);
  return type && /^(?:Self|this)$/.test(type) ? container : type;
}

function returned(text: string, name: string, languageId: string): string | undefined {
  const close = closingParenthesis(text, text.indexOf("(", text.indexOf(name)));
  const tail = close === undefined ? "" : text.slice(close + 1).trim();
  switch (languageId) {
    case "go": {
      const first =
        tail
          .replace(/^\(/, "")
          .replace(/^\w+ (?=[*[\w])/, "")
          .split(",")[0] ?? "";
      return typeName(first);
    }
    case "java":
    case "csharp":
    case "c":
    case "cpp":
    case "cuda-cpp":
      return beforeName(text, name);
    default: {
      const type = /^(?:->|:)\s*(.+?)(?:\bwhere\b.*|:|=>?.*)?$/.exec(tail)?.[1];
      return type === undefined ? undefined : typeName(type);
    }
  }
}

function declared(text: string, name: string, languageId: string): string | undefined {
  switch (languageId) {
    case "go":
      return typeName(
        text.replace(new RegExp(`^${escaped(name)}\\s*`), "").replace(/^(?:var|const)\s+\w+\s*/, ""),
      );
    case "java":
    case "csharp":
    case "c":
    case "cpp":
    case "cuda-cpp":
      return beforeName(text, name);
    default: {
      const type = new RegExp(`(?:^|[^\\w$])${escaped(name)}[?!]?\\s*:\\s*([^=]+)`).exec(text)?.[1];
      if (type !== undefined) return typeName(type);
      const value = new RegExp(`(?:^|[^\\w$])${escaped(name)}\\s*=\\s*(?:new )?([A-Z][\\w.]*)\\s*[({]`).exec(
        text,
      )?.[1];
      return value === undefined ? undefined : typeName(value);
    }
  }
}

/** `public static List<A> name(` gives the type that stands in front of the name. */
function beforeName(text: string, name: string): string | undefined {
  const at = text.search(new RegExp(`\\b${escaped(name)}\\s*(?:[(=;,]|$)`));
  const left = text
    .slice(0, Math.max(0, at))
    .replace(/@\w+(?:\([^)]*\))?/g, "")
    .replace(
      /\b(?:public|protected|private|static|final|abstract|default|synchronized|virtual|override|async|readonly|const|inline|volatile|transient|sealed|partial|extern|unsafe)\b/g,
      "",
    )
    .replace(/^\s*<[^>]*>/, "")
    .trim()
    .replace(/[*&]+$/, "");
  return left === "" ? undefined : typeName(left);
}

function closingParenthesis(text: string, open: number): number | undefined {
  if (open < 0) return undefined;
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return at;
  }
  return undefined;
}

export const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
