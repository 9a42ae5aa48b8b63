/**
 * What a reader in another process takes to look at a token and to say that it wants no more, in milliseconds. A token
 * takes the model several times as long, and one that is evaluated too many is for nothing.
 */
const answerMs = 8;
/** Less likely tokens make a text too unlikely to be shown. */
const unlikely = 0.6;

/**
 * Resolves at once, or after a moment where readers mostly have enough: at a line's end, and at what the model is not
 * sure of.
 */
export async function patience(text: string, probability: number): Promise<void> {
  if (text.includes("\n") || probability < unlikely)
    await new Promise<void>((resolve) => setTimeout(resolve, answerMs));
}
