/** What is wrong with a key as it was entered; a header carries no more than these characters. */
export function keyProblem(entered: string): string | undefined {
  if (/^[\x21-\x7e]*$/.test(entered.trim())) return undefined;
  return "A key has letters, digits and signs only; this one has a space, or a character that cannot be seen.";
}
