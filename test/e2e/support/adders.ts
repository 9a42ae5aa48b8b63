/** A file whose next line anybody can guess, with the number of its empty line, from 1. */
export const adders = {
  line: 18,
  text: `export function addOne(value: number): number {
  return value + 1;
}

export function addTwo(value: number): number {
  return value + 2;
}

export function addThree(value: number): number {
  return value + 3;
}

export function addFour(value: number): number {
  return value + 4;
}

export function addFive(value: number): number {

}
`,
};
