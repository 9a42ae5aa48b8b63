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

/**
 * Why a command cannot be asked; a model would make up what is not there.
 * @param found what goes along of the editor and of the mentions.
 * @returns empty when it can.
 */
export function missingFor(needs: SlashCommand["needs"] | undefined, found: number): string {
  if (found > 0) return "";
  if (needs === "code")
    return "There is no code to look at: open a file that may be used, select code, or name a file with #file.";
  return needs === "stagedChanges" ? "There are no changes to write a commit message for." : "";
}

/** Commands that the view's owner carries out without the model. */
export const localCommands: readonly { readonly name: string; readonly about: string }[] = [
  { name: "clear", about: "Start a new chat" },
  { name: "help", about: "List the commands" },
];

/** A prompt of the workspace's own. */
export interface PromptFile {
  /** As it is typed after the slash. */
  readonly name: string;
  /** Name of its file in `.wisp/prompts`. */
  readonly file: string;
  readonly text: string;
}

/**
 * Prompt files under names that can be typed: in lower case, with a hyphen for whatever a command cannot have. A name that
 * Wisp's own command or another file has already gets a number, so that no file changes what a command of Wisp does.
 */
export function namedPrompts(
  files: readonly { readonly file: string; readonly text: string }[],
): readonly PromptFile[] {
  const taken = new Set([...slashCommands, ...localCommands].map(({ name }) => name));
  return [...files]
    .sort((a, b) => (a.file < b.file ? -1 : 1))
    .map(({ file, text }) => {
      const typed = plainName(file.replace(/\.md$/i, ""));
      const base = typed.replace(/[^\p{L}\p{M}\p{N}_]+/gu, "-").replace(/^[-\p{M}]+|-+$/gu, "") || "prompt";
      let name = base;
      for (let number = 2; taken.has(name); number++) name = `${base}-${number}`;
      taken.add(name);
      return { name, file, text };
    });
}

export type ParsedMessage =
  | { readonly kind: "plain"; readonly text: string }
  | { readonly kind: "local"; readonly name: string }
  | { readonly kind: "command"; readonly command: SlashCommand; readonly rest: string }
  | { readonly kind: "unknown"; readonly name: string };

/**
 * Reads `/name rest`. What names no command is plain text where it is a path (`/usr/bin`), begins with a number, or is the
 * beginning of a sentence (`/etc is not readable`); alone, or one slip away from a command, it is a command misspelt.
 */
export function parseMessage(text: string, promptFiles: readonly PromptFile[] = []): ParsedMessage {
  const plain = text.trim();
  const match = /^\/([\p{L}\p{N}_][\p{L}\p{M}\p{N}_-]*)(?:\s+([\s\S]*))?$/u.exec(plain);
  if (!match) return { kind: "plain", text: plain };
  const name = plainName(match[1] ?? "");
  const rest = (match[2] ?? "").trim();
  if (localCommands.some((command) => command.name === name)) return { kind: "local", name };
  const command = slashCommands.find((candidate) => candidate.name === name) ?? fromFile(name, promptFiles);
  if (command) return { kind: "command", command, rest };
  const known = [...slashCommands, ...localCommands, ...promptFiles].map((each) => each.name);
  const isMisspelt = /^\p{L}/u.test(name) && (!rest || known.some((each) => isSlipOf(name, each)));
  return isMisspelt ? { kind: "unknown", name } : { kind: "plain", text: plain };
}

/** The commands whose name begins with `query` (without its slash), for completion while typing. */
export function suggestCommands(
  query: string,
  promptFiles: readonly PromptFile[] = [],
): readonly SuggestionView[] {
  const own = promptFiles.map(({ name, file }) => ({
    name,
    about: `Prompt of this workspace (.wisp/prompts/${file})`,
  }));
  return [...slashCommands, ...localCommands, ...own]
    .filter((command) => command.name.startsWith(plainName(query)))
    .map((command) => ({ insert: `/${command.name} `, label: `/${command.name}`, detail: command.about }));
}

export function helpText(promptFiles: readonly PromptFile[] = []): string {
  const rows = suggestCommands("", promptFiles).map(
    (item) => `| \`${item.label}\` | ${escaped(item.detail)} |`,
  );
  return `| Command | What it does |\n|---|---|\n${rows.join("\n")}\n\nType \`#\` to add files, the selection, problems or changes to your message.`;
}

/** Whether one letter is wrong, missing or too many, or two have changed places. */
function isSlipOf(typed: string, meant: string): boolean {
  const shorter = Math.min(typed.length, meant.length);
  let start = 0;
  while (start < shorter && typed[start] === meant[start]) start++;
  let end = 0;
  while (end < shorter - start && typed.at(-1 - end) === meant.at(-1 - end)) end++;
  const wrong = typed.slice(start, typed.length - end);
  const right = meant.slice(start, meant.length - end);
  return (
    (wrong.length <= 1 && right.length <= 1) || (wrong.length === 2 && wrong === `${right[1]}${right[0]}`)
  );
}

/** One form for all spellings of a name. */
function plainName(name: string): string {
  return name.toLowerCase().normalize();
}

/** Text that stands in a cell of a Markdown table as it is. */
function escaped(text: string): string {
  return text.replace(/[\\`*_|[\]<>]/g, "\\$&");
}

function fromFile(name: string, promptFiles: readonly PromptFile[]): SlashCommand | undefined {
  const file = promptFiles.find((candidate) => candidate.name === name);
  if (!file) return undefined;
  return {
    name,
    about: `Prompt of this workspace`,
    question: (rest) => (rest ? `${file.text.trim()}\n\n${rest}` : file.text.trim()),
    needs: "nothing",
  };
}
