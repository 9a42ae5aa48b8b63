/** A reference in a message to something that goes along with it. */
export interface Mention {
  readonly kind: "file" | "folder" | "symbol" | "selection" | "problems" | "changes" | "workspace";
  /** Path or symbol name; empty for the kinds that need none. */
  readonly name: string;
}

/** A name stands in quotes where it has spaces; punctuation at its end belongs to the sentence. */
const pattern =
  /(?<=^|\s)(?:#(file|folder|symbol):(?:"([^"\n]+)"|(\S*[^\s"',.;:?!)]))|#(selection|problems|changes)\b|@(workspace)\b)/g;

/** The mentions of a message in the order in which they stand, without repetitions. */
export function parseMentions(text: string): readonly Mention[] {
  const found = new Map<string, Mention>();
  for (const match of text.matchAll(pattern)) {
    const kind = (match[1] ?? match[4] ?? match[5]) as Mention["kind"];
    const name = match[2] ?? match[3] ?? "";
    found.set(`${kind}:${name}`, { kind, name });
  }
  return [...found.values()];
}

/** The words of a message that are not mentions or a slash command: what to search for. */
export function withoutMentions(text: string): string {
  return text
    .replace(pattern, " ")
    .replace(/^\/[\p{L}\p{M}\p{N}_-]+(?=\s|$)/u, " ")
    .trim();
}

/** A mention as it is typed. */
export function mentionText({ kind, name }: Mention): string {
  if (kind === "workspace") return "@workspace";
  if (!name) return `#${kind}`;
  return `#${kind}:${/\s|["',.;:?!)]$/.test(name) ? `"${name}"` : name}`;
}

/** `text` without this mention and the space behind it. */
export function withoutMention(text: string, mention: Mention): string {
  return text.replace(new RegExp(`${pattern.source} ?`, "g"), (typed) => {
    const [found] = parseMentions(typed);
    return found?.kind === mention.kind && found.name === mention.name ? "" : typed;
  });
}

/** One sentence for each reason for which something did not go along with a question; empty when everything did. */
export function leftOutNotice(leftOut: {
  readonly unknown: readonly string[];
  readonly gone: readonly string[];
  readonly tooBig: readonly string[];
  /** Messages at the beginning of the conversation that the model no longer sees. */
  readonly droppedTurns: number;
  /** Files that went along with messages that it does see. */
  readonly lostFiles: readonly string[];
}): string {
  const { droppedTurns } = leftOut;
  const say = (names: readonly string[], what: string): readonly string[] =>
    names.length > 0 ? [`${what}: ${names.join(", ")}.`] : [];
  return [
    ...say(leftOut.unknown, "Nothing found for"),
    ...say(leftOut.gone, "No longer there"),
    ...say(leftOut.tooBig, "No room left for"),
    ...say(leftOut.lostFiles, "No room left for what went along earlier"),
    ...(droppedTurns > 0 ? [`The first ${droppedTurns} messages of this chat no longer fit.`] : []),
  ].join(" ");
}

/** What can follow `#` or `@`; those that end in a colon go on with a name. */
export const mentionKinds: readonly { readonly insert: string; readonly about: string }[] = [
  { insert: "#file:", about: "A file of the workspace" },
  { insert: "#selection", about: "The selected text" },
  { insert: "#symbol:", about: "A function, class or variable of the workspace" },
  { insert: "#problems", about: "The problems of the active file" },
  { insert: "#changes", about: "The changes since the last commit" },
  { insert: "#folder:", about: "The files of a folder" },
  { insert: "@workspace", about: "Find the relevant places of the workspace" },
];
