import * as vscode from "vscode";
import { Taste, type TasteState } from "../completion/taste.ts";

const key = "wisp.taste";

/** What Wisp has learned from this user, kept by the editor on this machine (its global state is not synchronised). */
export function keptTaste(memory: vscode.Memento): Taste {
  return new Taste({
    read: () => memory.get<TasteState>(key),
    write: (state) => void memory.update(key, state),
  });
}

/** Shows what was learned and forgets it when the user says so. */
export async function askToForget(taste: Taste): Promise<void> {
  const { shown, taken } = taste.state;
  if (shown === 0) {
    void vscode.window.showInformationMessage("Wisp: Nothing has been learned from you so far.");
    return;
  }
  const choice = await vscode.window.showInformationMessage(
    `Wisp: You took ${taken} of ${shown} suggestions. ${effectOf(taste.state)}`,
    "Forget It",
  );
  if (choice === "Forget It") taste.forget();
}

export function effectOf({ shift }: TasteState): string {
  if (Math.abs(shift) < 0.05) return "That is about what was expected, so nothing changes.";
  return shift > 0
    ? "That is more than was expected, so more is shown."
    : "That is less than was expected, so less is shown.";
}
