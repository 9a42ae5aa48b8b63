import { openClosers } from "./brackets.ts";
import type { GrammarName } from "./languages.ts";

/**
 * Neutral texts that could stand at the cursor: what the best of them leaves broken is broken without the
 * candidate's doing (`const x = foo(|` is mended by `x)`). Some open what the code below already closes.
 */
export function holeProbes(grammar: GrammarName, line: string): string[] {
  const name = grammar === "php" ? "$x" : "x";
  const closers = openClosers(line);
  const heads = closers ? [name + closers, closers, name] : [name];
  return tails(grammar, line).flatMap((tail) => heads.map((head) => head + tail));
}

/** What follows a head such as `if (a)` at the least. */
export function body(grammar: GrammarName, line: string): string {
  const indent = /^\s*/.exec(line)?.[0] ?? "";
  if (grammar === "python") return `:\n${indent}    pass`;
  return grammar === "ruby" ? `\n${indent}end` : " {}";
}

function tails(grammar: GrammarName, line: string): string[] {
  const block = body(grammar, line);
  if (grammar === "python") return ["", ",", ":", block, "(", " = x"];
  if (grammar === "ruby") return ["", ",", block, "("];
  const common = ["", ",", " {", block, "(", "({", ": x,"];
  return grammar === "go" ? [...common, " := x", " := x {"] : [";", ...common, ");", " = x;"];
}
