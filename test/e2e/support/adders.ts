/** A file whose next line anybody can guess, with the number of its empty line, from 1. */
export const adders = {
  line: 10,
  text: `export function addOne(value: number): number {
  return value + 1;
}

export function addTwo(value: number): number {
  return value + 2;
}

export function addThree(value: number): number {

}
`,
};
