/** Under an answer that another model gave than the one that was asked. */
export function standInNotice(model: string): string {
  return `Answered by ${model} on this machine, because the server did not answer.`;
}
