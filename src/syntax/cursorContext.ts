import { openQuote } from "./brackets.ts";
import {
  ancestorsAt,
  isBlock,
  isCallArguments,
  isComment,
  isFunction,
  isInterpolation,
  isString,
} from "./nodeKinds.ts";
import { breaksWithin } from "./parseErrors.ts";
import type { CursorContext } from "./syntaxService.ts";
import type { Node } from "./treeSitter.ts";

/** What stands around the cursor at offset `at` of `text`, whose tree has the root `root`. */
export function cursorContext(root: Node, text: string, at: number): CursorContext {
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  const place = placeAt(root, text, at, line);
  return {
    place,
    nodeType: root.namedDescendantForIndex(Math.max(0, at - 1), at)?.type ?? root.type,
    inCallArguments: place !== "comment" && inCallArguments(root, text, at),
    atEmptyBlock: place === "code" && atEmptyBlock(root, text, at),
    atStatementStart: place === "code" && line.trim() === "" && !inBrackets(root, at),
    blockDepth: blockDepth(root, at),
    memberOf: place === "code" ? memberOf(text.slice(Math.max(0, at - memberWindow), at)) : undefined,
  };
}

function placeAt(root: Node, text: string, at: number, line: string): CursorContext["place"] {
  if (at === 0) return "code";
  let broken = false;
  for (const node of ancestorsAt(root, at - 1)) {
    if (isInterpolation(node)) return "code";
    if (isComment(node) && inComment(node, text, at)) return "comment";
    if (isString(node) && (at < node.endIndex || node.lastChild?.isMissing)) return "string";
    if (node.isError) broken = true;
    if (isBlock(node)) break;
  }
  // A quote that is never closed leaves an error, in which the cursor need not stand.
  return openQuote(line) && (broken || breaksWithin(root, at - line.length, at)) ? "string" : "code";
}

function inComment(node: Node, text: string, at: number): boolean {
  const start = text.slice(node.startIndex, node.startIndex + 2);
  if (start === "/*") return at < node.endIndex || !text.slice(node.startIndex, node.endIndex).endsWith("*/");
  // Rust's doc comments and Ruby's `=begin` own their last line break.
  return start === "=b" ? at < node.endIndex : !text.slice(node.startIndex, at).includes("\n");
}

function inCallArguments(root: Node, text: string, at: number): boolean {
  const last = text.slice(0, at).trimEnd().length - 1;
  if (last < 0) return false;
  for (const node of ancestorsAt(root, last)) {
    if (isCallArguments(node)) {
      if (node.startIndex < at && (at < node.endIndex || node.lastChild?.isMissing)) return true;
    } else if (node.isError) {
      return openCall(text.slice(Math.max(0, at - callWindow), at));
    } else if (isBlock(node) || isFunction(node)) {
      if (!insideHead(node, at)) return false;
    }
  }
  return false;
}

/** A function's parameters are not its call's arguments, but what follows an arrow's body end is outside of it. */
const insideHead = (node: Node, at: number): boolean => node.endIndex <= at;

const callWindow = 2_000;
const noCall =
  /\b(?:if|for|while|switch|catch|return|match|def|func|fn|function|elif|unless|until|foreach|with)$/;

/** Whether the innermost bracket that is open at the end of `left` is the one of a call. */
function openCall(left: string): boolean {
  let depth = 0;
  for (let i = left.length - 1; i >= 0; i--) {
    const char = left.charAt(i);
    if (char === ")" || char === "]" || char === "}") depth++;
    else if (char === "(" || char === "[" || char === "{") {
      if (depth-- > 0) continue;
      const callee = left.slice(0, i).trimEnd();
      return char === "(" && /[\w$!?\])>]$/.test(callee) && !noCall.test(callee);
    } else if (char === ";" && depth === 0) return false;
  }
  return false;
}

/** Inside brackets a line break starts no statement. */
function inBrackets(root: Node, at: number): boolean {
  if (at === 0) return false;
  for (const node of ancestorsAt(root, at - 1)) {
    if (isBlock(node) && !(node.type === "object_type" && node.endIndex <= at)) return false;
    if (
      /^(?:arguments|argument_list|parameters|formal_parameters|parenthesized_expression|array|object|list|dictionary|tuple|token_tree|literal_value)$/.test(
        node.type,
      )
    )
      if (node.startIndex < at && at < node.endIndex) return true;
  }
  return false;
}

function atEmptyBlock(root: Node, text: string, at: number): boolean {
  const left = text.slice(0, at).trimEnd();
  const opener = left.at(-1);
  const next = text.slice(at).trimStart();
  if (opener === "{") {
    const parent = root.descendantForIndex(left.length - 1, left.length - 1)?.parent;
    return (next === "" || next.startsWith("}")) && !!parent && (isBlock(parent) || parent.isError);
  }
  if (opener === ":") return root.type === "module" && dedents(text, left, at);
  return root.type === "program" && /^end\b/.test(next) && rubyOpener.test(left);
}

/** Python: nothing below the header is deeper than it. */
function dedents(text: string, left: string, at: number): boolean {
  if (
    !/^\s*(?:async |class |def |elif|else|except|finally|for |if |match |case |try|while |with )/.test(
      lastLine(left),
    )
  )
    return false;
  const below = /(?:^|\n)([ \t]*)\S/.exec(
    text.slice(text.indexOf("\n", at) === -1 ? text.length : text.indexOf("\n", at)),
  );
  return !below || (below[1] ?? "").length <= (/^\s*/.exec(lastLine(left))?.[0].length ?? 0);
}

const rubyOpener =
  /(?:(?:^|\n|=|;)[ \t]*(?:def|class|module|if|unless|while|until|for|case|begin|else|ensure|rescue)\b[^\n]*|\bdo(?:[ \t]*\|[^|\n]*\|)?)$/;

const lastLine = (text: string): string => text.slice(text.lastIndexOf("\n") + 1);

function blockDepth(root: Node, at: number): number {
  let depth = 0;
  for (const node of ancestorsAt(root, Math.max(0, at - 1))) {
    // A list of statements inside braces is one depth with them.
    if (isBlock(node) && node.type !== "statement_list" && (at < node.endIndex || node.lastChild?.isMissing))
      depth++;
  }
  return depth;
}

const memberWindow = 240;
const member =
  /((?:[A-Za-z_$@][\w$]*|\)|\])(?:\s*(?:\?\.|\.|->|::)\s*[A-Za-z_$][\w$]*|\([^()]*\)|\[[^[\]]*\])*)\s*(?:\?\.|\.|->|::)\s*[\w$]*$/;

const memberOf = (left: string): string | undefined => member.exec(left)?.[1];
