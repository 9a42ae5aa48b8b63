import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import {
  type CodeServer,
  installVsix,
  launchCodeServer,
  workspaceUrl,
} from "../../../scripts/codeServer/launch.ts";
import { createProfile, type Profile } from "../../../scripts/codeServer/profile.ts";
import { chromiumArgs } from "../../../scripts/testing/chromium.ts";
import { e2eVariables } from "../../../scripts/testing/e2eSuite.ts";
import { EditorPage } from "./editorPage.ts";

export interface SessionOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Files of the workspace by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Settings of a person who only types: no popups over the ghost text, brackets as typed. */
const typingSettings = {
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
  "editor.suggestOnTriggerCharacters": false,
  "editor.parameterHints.enabled": false,
  "editor.hover.enabled": false,
  "editor.autoClosingBrackets": "never",
  "editor.autoClosingQuotes": "never",
  "editor.minimap.enabled": false,
  "files.autoSave": "off",
};

/** One VS Code with a fresh profile and the packaged extension in it. */
export class Session {
  readonly editor: EditorPage;
  readonly profile: Profile;
  readonly server: CodeServer;
  readonly #browser: Browser;
  readonly #folder: string;

  private constructor(
    editor: EditorPage,
    profile: Profile,
    server: CodeServer,
    browser: Browser,
    folder: string,
  ) {
    this.editor = editor;
    this.profile = profile;
    this.server = server;
    this.#browser = browser;
    this.#folder = folder;
  }

  static async start(options: SessionOptions): Promise<Session> {
    const folder = await mkdtemp(join(tmpdir(), "wisp-e2e-"));
    const entry = required(e2eVariables.codeServer);
    const profile = await createProfile(folder, { ...typingSettings, ...options.settings });
    for (const [file, text] of Object.entries(options.files)) {
      const path = join(profile.workspace, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    await installVsix(entry, profile, required(e2eVariables.vsix));
    const server = await launchCodeServer(entry, profile, { port: 0, env: { ...options.env } });
    try {
      const browser = await chromium.launch({
        executablePath: required(e2eVariables.chromium),
        args: chromiumArgs,
      });
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      page.setDefaultTimeout(20_000);
      await page.goto(workspaceUrl(server, profile.workspace));
      const editor = new EditorPage(page);
      await editor.waitForWorkbench();
      return new Session(editor, profile, server, browser, folder);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** A file of the workspace as it is on disk. */
  async read(file: string): Promise<string> {
    return readFile(join(this.profile.workspace, file), "utf8");
  }

  /** Wisp's log in this session's profile. */
  async log(): Promise<string> {
    const logs = join(this.profile.userData, "logs");
    const entries = await readdir(logs, { recursive: true });
    const files = entries.filter((name) => /wisp-local\.wisp[\\/].*\.log$/.test(name));
    const texts = await Promise.all(files.map((name) => readFile(join(logs, name), "utf8")));
    return texts.join("\n");
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.server.stop();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

export function required(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: run the suite with npm run test:e2e`);
  return value;
}

/** Process ids of Wisp's engine below a session's server, read from /proc. */
export async function enginePids(session: Session): Promise<number[]> {
  const pids: number[] = [];
  const visit = async (pid: number): Promise<void> => {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (/dist\/engine\/main\.mjs/.test(command)) pids.push(pid);
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
    for (const child of children.split(" ").filter(Boolean)) await visit(Number(child));
  };
  if (session.server.process.pid !== undefined) await visit(session.server.process.pid);
  return pids;
}
