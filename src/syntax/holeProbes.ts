import { openClosers } from "./brackets.ts";
import type { GrammarName } from "./languages.ts";

/**
 * Neutral texts that could stand at the cursor: what the best of them leaves broken is broken without the
 * candidate's doing (`const x = foo(|` is mended by `x)`). Some open what the code below already closes. The likeliest
 * come first, because there is not always time for all.
 */
export function holeProbes(grammar: GrammarName, line: string): string[] {
  const name = nameFor(grammar, line);
  const closers = openClosers(line);
  const heads = closers === "" ? [name] : [name + closers, closers];
  // Of what is open, a function's head inside of a call closes the first only.
  if (closers.length > 1) heads.push(name + closers.charAt(0));
  if (closers !== "") heads.push(name);
  // A bare brace on a blank line would find its partner wherever the code below lacks its head.
  if (line.trim() !== "") heads.push("");
  if (/[\p{L}\p{N}_$)\]]$/u.test(line)) heads.push(` ${name}`);
  return tails(grammar, line)
    .flatMap((tail) => heads.map((head) => head + tail))
    .filter((probe) => probe !== "");
}

function nameFor(grammar: GrammarName, line: string): string {
  if (grammar !== "php") return "x";
  const isPlain =
    /(?:[\p{L}\p{N}_$.:>\\]|\b(?:function|class|interface|trait|namespace|use|new|const)\s+)$/u.test(line);
  return isPlain ? "x" : "$x";
}

/** What follows a head such as `if (a)` at the least. */
export function body(grammar: GrammarName, line: string): string {
  const indent = /^\s*/.exec(line)?.[0] ?? "";
  if (grammar === "python") return `:\n${indent}    pass`;
  return grammar === "ruby" ? `\n${indent}end` : " {}";
}

function tails(grammar: GrammarName, line: string): string[] {
  const block = body(grammar, line);
  if (grammar === "python" && /^\s*from\s/.test(line)) return [" import x", ""];
  if (grammar === "python") return ["", ",", ":", block, "(", " = x"];
  if (grammar === "ruby") return ["", ",", block, "("];
  const common = ["", " {", "()", ",", block, "(", "({", ": x,"];
  return grammar === "go" ? [...common, " := x", " := x {"] : [";", ...common, ");", " = x;"];
}
