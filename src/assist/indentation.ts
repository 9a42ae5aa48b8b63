/** Characters of white space in front of a line. */
export function indentWidth(line: string): number {
  return line.length - line.trimStart().length;
}

/** Whether a line only goes on with what an earlier one as deep began, as `} else {`, `) {` and a bracket alone do. */
export function goesOn(line: string): boolean {
  return /^\s*[{})\]]/.test(line);
}
