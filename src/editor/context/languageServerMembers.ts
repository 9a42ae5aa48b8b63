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

/** Members as the language's own extension offers them in the suggest widget. */
export class LanguageServerMembers implements MemberSource {
  readonly name = "language server";

  async members(query: ContextQuery, receiver: Receiver): Promise<Members | undefined> {
    const list = await vscode.commands.executeCommand<vscode.CompletionList | undefined>(
      "vscode.executeCompletionItemProvider",
      vscode.Uri.parse(query.uri),
      cursor(query, receiver.typed.length),
    );
    const members = (list?.items ?? []).flatMap(memberOf);
    if (!list || members.length === 0) return undefined;
    return { owner: undefined, members: once(members), isComplete: list.isIncomplete !== true };
  }
}

function cursor({ prefix, line }: ContextQuery, back: number): vscode.Position {
  return new vscode.Position(line, Math.max(0, prefix.length - (prefix.lastIndexOf("\n") + 1) - back));
}

function memberOf(item: vscode.CompletionItem): Member[] {
  if (item.kind === undefined || !memberKinds.has(item.kind)) return [];
  const label = typeof item.label === "string" ? item.label : item.label.label;
  const name = /^[?.]*([\p{L}_$][\p{L}\p{N}_$]*)/u.exec(item.filterText ?? label)?.[1];
  if (name === undefined) return [];
  return [{ name }];
}

function once(members: readonly Member[]): readonly Member[] {
  return [...new Map(members.map((member) => [member.name, member])).values()];
}
