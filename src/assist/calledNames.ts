/** What stands in front of a parenthesis and calls nothing, in any of the languages. */
const notCalled = new Set(
  `if elif elsif elseif unless for foreach while until switch case when catch except with using synchronized
   return throw raise yield await assert and or not in is typeof sizeof function func fn def lambda new super`.split(
    /\s+/,
  ),
);

/** The names that are called in a text, each once, with the offset of its first call. */
export function calledNames(text: string): readonly (readonly [string, number])[] {
  const names = new Map<string, number>();
  for (const { 1: name, index } of text.matchAll(/(?<![\w$])([A-Za-z_$][\w$]*)\s*\(/g)) {
    if (name && !notCalled.has(name) && !names.has(name)) names.set(name, index);
  }
  return [...names];
}
