import assert from "node:assert/strict";
import type { Session } from "./session.ts";
import { until } from "./until.ts";

/** Code that ends behind a dot, typed at the end of the file that is open, and what makes it whole again. */
export interface MemberPlace {
  readonly file: string;
  readonly code: string;
  readonly rest: string;
  /** The names that may stand behind the dot. */
  readonly members: RegExp;
}

interface Suggested {
  /** Empty where nothing is suggested, for a reason. */
  readonly name: string;
  readonly reason?: string;
  /** Who knew the members; undefined where nobody did in time. */
  readonly source: string | undefined;
}

/**
 * The name that is suggested once the language server has told the members in time; while it starts, and on a slow
 * machine, it may take some tries. Whoever tells members, a name that is none of them is never suggested.
 */
export async function memberByLanguageServer(session: Session, place: MemberPlace): Promise<string> {
  const { name } = await until(
    `the language server tells what stands behind ${place.code.trim()}`,
    120_000,
    async () => {
      const suggested = await suggestedAt(session, place);
      const { name, source } = suggested;
      if (source !== undefined && name !== "") assert.match(name, place.members, JSON.stringify(suggested));
      return suggested;
    },
    ({ name, source }) => source === "language server" && name !== "",
  );
  return name;
}

/** Each time in a line of its own, because what was answered once stays. */
async function suggestedAt(session: Session, { file, code, rest }: MemberPlace): Promise<Suggested> {
  const { editor } = session;
  await editor.press("Control+End");
  await editor.type(code, 20);
  const known = (await session.wisp()).traces[0]?.id ?? 0;
  await editor.command("Wisp: Suggest Now");
  const { outcome, members } = await session.traceIn(file, known);
  const name = (outcome.kind === "shown" && /^\w*/.exec(outcome.text)?.[0]) || "";
  if (name !== "") {
    // What was suggested while the dot was typed may still be on the screen for a moment.
    await until(
      `${name} is painted`,
      60_000,
      () => editor.ghostText(),
      (ghost) => ghost.startsWith(name),
    );
    await editor.screenshot(`members-${file.replace(/\W/g, "-")}`);
  }
  await editor.press("Escape");
  await editor.type(rest, 20);
  return { name, ...(outcome.kind === "silent" && { reason: outcome.reason }), source: members?.source };
}
