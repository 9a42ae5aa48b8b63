/** Folders to leave and to enter on the way from one file to the other; 0 within one folder. */
export function pathDistance(a: string, b: string): number {
  const [left, right] = [foldersOf(a), foldersOf(b)];
  let shared = 0;
  while (shared < left.length && shared < right.length && left[shared] === right[shared]) shared++;
  return left.length + right.length - 2 * shared;
}

const foldersOf = (path: string): string[] => path.split("/").slice(0, -1);
