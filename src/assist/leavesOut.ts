/** Whether a line of `code` stands for code that it does not show: `// … existing code …`. */
export function leavesOut(old: string, code: string): boolean {
  const known = new Set(old.split("\n").map((line) => line.trim()));
  return code.split("\n").some((line) => !known.has(line.trim()) && placeholder.test(line));
}

const leftOutWords =
  "existing|rest of|remain(?:s|ing)?|unchanged|the same|same as|omitted|as (?:is|before)|no changes?|not changed|(?:previous|original|other|more|your) (?:code|logic|implementation|methods?|functions?|fields?|lines?|parts?|statements?)";
const placeholder = new RegExp(
  `^\\s*(?:\\.\\.\\.|…)\\s*$|(?:\\/\\/|\\/\\*|#|<!--)[\\s*({[]*(?:\\.\\.\\.|…)|^\\s*(?:\\/\\/|\\/\\*|#).*\\b(?:${leftOutWords})\\b`,
  "i",
);
