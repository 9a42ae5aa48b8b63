import { explainCode } from "../prompt/assistPrompt.ts";
import type { SuggestionView } from "./protocol.ts";

/** A command typed as `/name rest` at the start of a message. */
export interface SlashCommand {
  readonly name: string;
  readonly about: string;
  /** The question for the model; `rest` is what the user typed after the command. */
  readonly question: (rest: string) => string;
  /** Context that the command needs besides the chips. */
  readonly needs: "code" | "changes" | "stagedChanges" | "nothing";
}

const about = (rest: string): string => (rest ? ` Mind in particular: ${rest}` : "");

export const slashCommands: readonly SlashCommand[] = [
  {
    name: "explain",
    about: "Explain the selected code or the file",
    question: (rest) => `${explainCode}${about(rest)}`,
    needs: "code",
  },
  {
    name: "bugs",
    about: "Look for bugs in the selected code or the file",
    question: (rest) =>
      `Look for real bugs in the given code: wrong results, crashes, missed edge cases, leaks, races. For each, quote the line, say what goes wrong with which input, and how to mend it. Do not report style. If there is none, say so.${about(rest)}`,
    needs: "code",
  },
  {
    name: "fix",
    about: "Propose a fix for the problems in the code",
    question: (rest) =>
      `Fix the problem in the given code. Answer with the whole corrected function or block in one fenced code block, then one sentence on what was wrong.${about(rest)}`,
    needs: "code",
  },
  {
    name: "tests",
    about: "Write tests for the selected code",
    question: (rest) =>
      `Write tests for the given code with the test framework that its project seems to use. Cover the normal case, edge cases and errors. Answer with one fenced code block.${about(rest)}`,
    needs: "code",
  },
  {
    name: "doc",
    about: "Write documentation comments for the selected code",
    question: (rest) =>
      `Write a documentation comment in the language's own convention for the given code. Answer with the code including the comment in one fenced code block and change nothing else.${about(rest)}`,
    needs: "code",
  },
  {
    name: "commit",
    about: "Write a commit message for the staged changes",
    question: (rest) =>
      `Write a commit message for the given diff: a subject in the imperative of at most 60 characters, a blank line, and if the change needs it a short body that says why. Answer with the message only.${about(rest)}`,
    needs: "stagedChanges",
  },
];

/** Commands that the view's owner carries out without the model. */
export const localCommands: readonly { readonly name: string; readonly about: string }[] = [
  { name: "clear", about: "Start a new chat" },
  { name: "help", about: "List the commands" },
];

/** A prompt of the workspace's own, from `.wisp/prompts/NAME.md`. */
export interface PromptFile {
  readonly name: string;
  readonly text: string;
}

export type ParsedMessage =
  | { readonly kind: "plain"; readonly text: string }
  | { readonly kind: "local"; readonly name: string }
  | { readonly kind: "command"; readonly command: SlashCommand; readonly rest: string }
  | { readonly kind: "unknown"; readonly name: string };

/** Reads `/name rest`; text that does not begin with a slash and a letter is plain, a path such as `/usr/bin` too. */
export function parseMessage(text: string, promptFiles: readonly PromptFile[] = []): ParsedMessage {
  const match = /^\/([a-z][\w-]*)(?:\s+([\s\S]*))?$/i.exec(text.trim());
  if (!match) return { kind: "plain", text: text.trim() };
  const name = (match[1] ?? "").toLowerCase();
  const rest = (match[2] ?? "").trim();
  if (localCommands.some((command) => command.name === name)) return { kind: "local", name };
  const command = slashCommands.find((candidate) => candidate.name === name) ?? fromFile(name, promptFiles);
  return command ? { kind: "command", command, rest } : { kind: "unknown", name };
}

/** The commands whose name begins with `query` (without its slash), for completion while typing. */
export function suggestCommands(
  query: string,
  promptFiles: readonly PromptFile[] = [],
): readonly SuggestionView[] {
  const own = promptFiles.map(({ name }) => ({
    name,
    about: `Prompt of this workspace (.wisp/prompts/${name}.md)`,
  }));
  return [...slashCommands, ...localCommands, ...own]
    .filter((command) => command.name.startsWith(query.toLowerCase()))
    .map((command) => ({ insert: `/${command.name} `, label: `/${command.name}`, detail: command.about }));
}

export function helpText(promptFiles: readonly PromptFile[] = []): string {
  const rows = suggestCommands("", promptFiles).map((item) => `| \`${item.label}\` | ${item.detail} |`);
  return `| Command | What it does |\n|---|---|\n${rows.join("\n")}\n\nType \`#\` to add files, the selection, problems or changes to your message.`;
}

function fromFile(name: string, promptFiles: readonly PromptFile[]): SlashCommand | undefined {
  const file = promptFiles.find((candidate) => candidate.name.toLowerCase() === name);
  if (!file) return undefined;
  return {
    name,
    about: `Prompt of this workspace`,
    question: (rest) => (rest ? `${file.text.trim()}\n\n${rest}` : file.text.trim()),
    needs: "code",
  };
}
