/** A reference in a message to something that goes along with it. */
export interface Mention {
  readonly kind: "file" | "folder" | "symbol" | "selection" | "problems" | "changes" | "workspace";
  /** Path or symbol name; empty for the kinds that need none. */
  readonly name: string;
}

const pattern = /(?<=^|\s)(?:#(file|folder|symbol):(\S+)|#(selection|problems|changes)\b|@(workspace)\b)/g;

/** The mentions of a message in the order in which they stand, without repetitions. */
export function parseMentions(text: string): readonly Mention[] {
  const found = new Map<string, Mention>();
  for (const match of text.matchAll(pattern)) {
    const kind = (match[1] ?? match[3] ?? match[4]) as Mention["kind"];
    const name = match[2] ?? "";
    found.set(`${kind}:${name}`, { kind, name });
  }
  return [...found.values()];
}

/** The words of a message that are not mentions or a slash command: what to search for. */
export function withoutMentions(text: string): string {
  return text
    .replace(pattern, " ")
    .replace(/^\/\w+/, " ")
    .trim();
}

/** A mention as it is typed. */
export function mentionText({ kind, name }: Mention): string {
  if (kind === "workspace") return "@workspace";
  return name ? `#${kind}:${name}` : `#${kind}`;
}

/** One sentence for each reason for which something did not go along with a question; empty when everything did. */
export function leftOutNotice(leftOut: {
  readonly unknown: readonly string[];
  readonly gone: readonly string[];
  readonly tooBig: readonly string[];
}): string {
  const say = (names: readonly string[], what: string): readonly string[] =>
    names.length > 0 ? [`${what}: ${names.join(", ")}.`] : [];
  return [
    ...say(leftOut.unknown, "Nothing found for"),
    ...say(leftOut.gone, "No longer there"),
    ...say(leftOut.tooBig, "Not sent, no room left"),
  ].join(" ");
}

/** What can follow `#` or `@`; those that end in a colon go on with a name. */
export const mentionKinds: readonly { readonly insert: string; readonly about: string }[] = [
  { insert: "#file:", about: "A file of the workspace" },
  { insert: "#selection", about: "The selected text" },
  { insert: "#symbol:", about: "A function, class or variable of the workspace" },
  { insert: "#problems", about: "The problems of the active file" },
  { insert: "#changes", about: "The changes in the git working tree" },
  { insert: "#folder:", about: "The files of a folder" },
  { insert: "@workspace", about: "Find the relevant places of the workspace" },
];
