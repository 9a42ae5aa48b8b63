/** What a sequence needs for drafts, where none are made. */
export abstract class UndraftedSequence {
  readonly nextTokenIndex = 0;

  async eraseContextTokenRanges(): Promise<void> {
    throw new Error("Nothing was drafted, so there is nothing to take back.");
  }
}
