import * as vscode from "vscode";
import { lendClipboard } from "../../chat/lentClipboard.ts";
import { terminalText } from "../../chat/terminalText.ts";

/** A shell that has not reported by then does not work with VS Code, or is slow: it gets the text nevertheless. */
const longestStartMs = 3000;

/** From the report to the prompt itself, with which a shell asks for pastes in brackets. */
const promptMs = 300;

/**
 * Puts code into the terminal as the user would paste it; the user runs it. Only VS Code knows whether the shell takes
 * several lines as one paste (bracketed paste), and asks where it does not: therefore its own command does it, which
 * reads the clipboard. The clipboard's text is put back; where there is something else in it, the user is asked first.
 */
export async function pasteIntoTerminal(code: string): Promise<void> {
  const text = terminalText(code);
  const existing = vscode.window.activeTerminal;
  const terminal = existing ?? vscode.window.createTerminal("Wisp");
  terminal.show();
  if (!text.includes("\n")) {
    terminal.sendText(text, false);
    return;
  }
  if (!(await mayPasteLines())) return;
  if (!existing) await promptOf(terminal);
  await lendClipboard(vscode.env.clipboard, {
    text,
    mayReplace,
    use: async () => void (await vscode.commands.executeCommand("workbench.action.terminal.paste")),
  });
}

/** An extension can neither see nor keep a picture. */
async function mayReplace(): Promise<boolean> {
  const paste = "Paste";
  const answer = await vscode.window.showWarningMessage(
    "The clipboard holds no text. Use it for these lines?",
    { modal: true, detail: "Whatever else is in it, such as a picture, would be lost." },
    paste,
  );
  return answer === paste;
}

/** Who has switched VS Code's own warning off is asked here: a shell without bracketed paste would run the lines at once. */
async function mayPasteLines(): Promise<boolean> {
  const warning = vscode.workspace.getConfiguration("terminal.integrated").get("enableMultiLinePasteWarning");
  if (warning !== "never" && warning !== false) return true;
  const paste = "Paste";
  const answer = await vscode.window.showWarningMessage(
    "Paste several lines into the terminal?",
    { modal: true, detail: "A shell that does not know bracketed paste runs each line at once." },
    paste,
  );
  return answer === paste;
}

/** Resolves when the shell of a new terminal shows its prompt, as far as it tells VS Code. */
async function promptOf(terminal: vscode.Terminal): Promise<void> {
  // Shells tell their folder with each prompt.
  const isThere = (): boolean => terminal.shellIntegration?.cwd !== undefined;
  if (!isThere()) {
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        listening.dispose();
        resolve();
      };
      const timer = setTimeout(end, longestStartMs);
      const listening = vscode.window.onDidChangeTerminalShellIntegration(() => {
        if (isThere()) end();
      });
    });
  }
  await new Promise((resolve) => setTimeout(resolve, promptMs));
}
