import * as vscode from "vscode";
import type { ContextQuery } from "../../context/contextProvider.ts";
import type { Member, MemberSource, Members } from "../../context/members.ts";
import type { Receiver } from "../../context/receiver.ts";

const kind = vscode.CompletionItemKind;

/** What a language server lists as the members of a receiver; words of the file, keywords and snippets are none. */
const memberKinds = new Set([
  kind.Method,
  kind.Function,
  kind.Constructor,
  kind.Field,
  kind.Variable,
  kind.Class,
  kind.Interface,
  kind.Module,
  kind.Property,
  kind.Value,
  kind.Enum,
  kind.EnumMember,
  kind.Constant,
  kind.Struct,
  kind.Event,
  kind.Operator,
  kind.TypeParameter,
]);

/** VS Code's own PHP extension lists the functions, variables and constants of the language as these, wherever it is asked. */
const phpGlobals = new Set([kind.Function, kind.Variable, kind.Field]);

const wordKinds = new Set([kind.Text]);
const callableKinds = new Set([kind.Method, kind.Function, kind.Constructor]);

interface Listed extends Member {
  readonly kind: vscode.CompletionItemKind;
}

/** Python's `__init__` and other methods that the language calls, and what every object has. */
function isOfEveryObject({ name, kind }: Listed): boolean {
  return (
    /^__(?:class|dict|doc|module|annotations)__$/.test(name) ||
    (callableKinds.has(kind) && /^__\w+__$/.test(name))
  );
}

/** Members as the language's own extension offers them in the suggest widget. */
export class LanguageServerMembers implements MemberSource {
  readonly name = "language server";

  async members(query: ContextQuery, receiver: Receiver): Promise<Members | undefined> {
    const list = await vscode.commands.executeCommand<vscode.CompletionList | undefined>(
      "vscode.executeCompletionItemProvider",
      vscode.Uri.parse(query.uri),
      cursor(query, receiver.typed.length),
    );
    const items = list?.items ?? [];
    const isGlobal = (each: Listed): boolean => query.languageId === "php" && phpGlobals.has(each.kind);
    const listed = items.flatMap((item) => memberOf(item, memberKinds)).filter((each) => !isGlobal(each));
    // They exist, but a model that is held to names it does not expect takes them, as their beginning is so common.
    const isSuper = receiver.chain.length === 1 && receiver.chain[0]?.name === "super";
    const isMeant = (each: Listed): boolean => isSuper || !isOfEveryObject(each);
    const members = listed.filter(isMeant);
    if (!list || members.length === 0) return undefined;
    // A page of JavaScript has classes that no server knows of; what its file names elsewhere may be one.
    const mayBeGlobal = receiver.separator === "new" && query.languageId.startsWith("javascript");
    const words = mayBeGlobal ? items.flatMap((item) => memberOf(item, wordKinds)) : [];
    const rarelyMeant = listed.filter((each) => !isMeant(each));
    return {
      owner: undefined,
      members: once(members),
      unlisted: new Set([...rarelyMeant, ...words].map(({ name }) => name)),
      isComplete: list.isIncomplete !== true || isScopeWhole(query, receiver),
    };
  }
}

/** TypeScript lists all that is in scope and calls the list incomplete for what could be imported besides. */
function isScopeWhole({ languageId }: ContextQuery, { separator }: Receiver): boolean {
  return separator === "new" && /^(?:type|java)script(?:react)?$/.test(languageId);
}

function cursor({ prefix, line }: ContextQuery, back: number): vscode.Position {
  return new vscode.Position(line, Math.max(0, prefix.length - (prefix.lastIndexOf("\n") + 1) - back));
}

function memberOf(item: vscode.CompletionItem, kinds: ReadonlySet<vscode.CompletionItemKind>): Listed[] {
  if (item.kind === undefined || !kinds.has(item.kind)) return [];
  const label = typeof item.label === "string" ? item.label : item.label.label;
  const name = /^[?.]*([\p{L}_$][\p{L}\p{N}_$]*)/u.exec(item.filterText ?? label)?.[1];
  if (name === undefined) return [];
  return [{ name, kind: item.kind }];
}

function once(members: readonly Member[]): readonly Member[] {
  return [...new Set(members.map(({ name }) => name))].map((name) => ({ name }));
}
