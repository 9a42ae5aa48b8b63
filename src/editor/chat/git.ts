import { currentRepository } from "../git.ts";

export const git = {
  /** The diff of the index (`staged`) or of the working tree; empty without a repository or without changes. */
  async diff(staged: boolean): Promise<string> {
    return (await (await currentRepository())?.diff(staged)) ?? "";
  },

  /** Puts `message` into the commit box. @returns false when there is no repository. */
  async setCommitMessage(message: string): Promise<boolean> {
    const found = await currentRepository();
    if (!found) return false;
    found.inputBox.value = message;
    return true;
  },
};
