import { Session } from "../../test/e2e/support/session.ts";
import { BusyPrograms } from "../busyPrograms.ts";
import { type ReplayFigures, replayFigures } from "./figures.ts";
import { type Played, Player } from "./player.ts";
import type { Scenario } from "./scenario.ts";

/**
 * As in a plain editor: VS Code indents the line below a head by itself, and nothing else is done to what is typed.
 * A host behind a browser looks for open ports again and again, with programs that it starts; one on a desk does not.
 */
const settings = {
  "editor.stickyScroll.enabled": false,
  "editor.cursorBlinking": "solid",
  "remote.autoForwardPortsSource": "output",
};
const warmUp = { "warm/up.ts": "export const warm = 1;\n", "warm/up.py": "warm = 1\n" };

export interface ReplayResult {
  readonly figures: ReplayFigures;
  readonly activationMs: number;
  readonly played: readonly Played[];
}

export interface ReplayOptions {
  readonly scenarios: readonly Scenario[];
  /** Plays the same keys in the editor without Wisp too. */
  readonly compare: boolean;
  /** And once more there with a provider that suggests nothing: what the editor itself does for any of them. */
  readonly control: boolean;
  /** So many programs take a core each meanwhile. */
  readonly busyPrograms: number;
  /** Hides the entry of the status bar in which VS Code tells that it waits for suggestions. */
  readonly hidesSign: boolean;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly tell: (message: string) => void;
}

/** Plays the scenarios into a real VS Code with the packaged extension and the real model. */
export async function replay({
  scenarios,
  compare,
  control,
  tell,
  ...options
}: ReplayOptions): Promise<ReplayResult> {
  const played: Played[] = [];
  let activationMs = Number.NaN;
  const withWisp = { settings: { ...settings, ...options.settings }, files: warmUp };
  await inSession(withWisp, options, async (session) => {
    const player = new Player(session, true);
    for (const scenario of scenarios) {
      tell(`Replaying ${scenario.id}`);
      played.push(await player.play(scenario));
    }
    ({ activationMs } = await session.wisp());
  });
  const again = async (how: string, prepare: (session: Session) => Promise<void>): Promise<Played[]> => {
    const into: Played[] = [];
    await inSession({ settings, files: warmUp, withoutWisp: true }, options, async (session) => {
      await prepare(session);
      const player = new Player(session, false);
      for (const [index, scenario] of scenarios.entries()) {
        tell(`Replaying ${scenario.id} ${how}`);
        const of = played[index];
        const repeated = await player.play(scenario, of?.steps);
        // Its costs compare with those of the same text only.
        if (repeated.text !== of?.text) tell(`${scenario.id} ${how} has come to another text`);
        into.push(repeated);
      }
    });
    return into;
  };
  const without = compare ? await again("without Wisp", async () => {}) : [];
  const empty = control
    ? await again("with a provider that suggests nothing", (session) => session.suggestNothing())
    : [];
  return { figures: replayFigures(played, without, empty), activationMs, played };
}

/** The editor draws without end as long as its sign turns, and draws the entry anew when that comes and goes: keys wait for it. */
const noSign = "#status\\.languageStatus { display: none !important; }";

async function inSession(
  options: Parameters<typeof Session.start>[0],
  { busyPrograms, hidesSign }: Pick<ReplayOptions, "busyPrograms" | "hidesSign">,
  action: (session: Session) => Promise<void>,
): Promise<void> {
  const session = await Session.start(options);
  try {
    // The language's own extensions start, and first-run pages open, before anything is measured.
    for (const file of Object.keys(warmUp)) await session.editor.open(file, 1, 1);
    if (hidesSign) await session.editor.page.addStyleTag({ content: noSign });
    const programs = new BusyPrograms(busyPrograms);
    try {
      await action(session);
    } finally {
      programs.stop();
    }
  } finally {
    await session.stop();
  }
}
