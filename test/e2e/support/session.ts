import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
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
import { e2eVariables, probeVariable } from "../../../scripts/testing/e2eSuite.ts";
import type { CompletionTrace } from "../../../src/completion/outcome.ts";
import type { WorkFigures } from "../../../src/completion/workMeter.ts";
import type { Status } from "../../../src/editor/status.ts";
import type { EngineWork } from "../../../src/engine/protocol.ts";
import { EditorPage } from "./editorPage.ts";
import { until } from "./until.ts";

export interface SessionOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Files of the workspace by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Opens the workspace in restricted mode. */
  readonly untrusted?: boolean;
  /** Without the packaged extension: the editor alone, for comparison. */
  readonly withoutWisp?: boolean;
  /** Installs Pyright as the language server of Python files. */
  readonly withPythonServer?: boolean;
  /** Runs in the workspace's folder before VS Code opens it. */
  readonly prepare?: (workspace: string) => Promise<void>;
}

/** Settings of a person who only types: no popups over the ghost text, brackets as typed. */
const typingSettings = {
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
  "editor.suggestOnTriggerCharacters": false,
  "editor.parameterHints.enabled": false,
  "editor.hover.enabled": false,
  "editor.autoClosingBrackets": "never",
  "editor.autoClosingQuotes": "never",
  "editor.autoClosingComments": "never",
  "editor.minimap.enabled": false,
  "files.autoSave": "off",
};

interface SessionParts {
  readonly editor: EditorPage;
  readonly profile: Profile;
  readonly server: CodeServer;
  readonly browser: Browser;
  readonly folder: string;
  /** Where the probe writes its port. */
  readonly probeFile: string;
}

/** What Wisp's API tells, as JSON. */
export interface WispState {
  readonly traces: readonly CompletionTrace[];
  readonly status: Status;
  readonly enginePid?: number;
  readonly work: WorkFigures;
  readonly engineWork: readonly EngineWork[];
  readonly activationMs: number;
  readonly host: HostFigures;
}

/** Of the extension host's own process. */
export interface HostFigures {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** One VS Code with a fresh profile and the packaged extension in it. */
export class Session {
  readonly editor: EditorPage;
  readonly profile: Profile;
  readonly server: CodeServer;
  readonly #browser: Browser;
  readonly #folder: string;
  readonly #probeFile: string;

  private constructor(parts: SessionParts) {
    this.editor = parts.editor;
    this.profile = parts.profile;
    this.server = parts.server;
    this.#browser = parts.browser;
    this.#folder = parts.folder;
    this.#probeFile = parts.probeFile;
  }

  static async start(options: SessionOptions): Promise<Session> {
    const folder = await mkdtemp(join(tmpdir(), "wisp-e2e-"));
    const entry = required(e2eVariables.codeServer);
    const trust = {
      "security.workspace.trust.enabled": true,
      "security.workspace.trust.startupPrompt": "never",
    };
    const profile = await createProfile(folder, {
      ...typingSettings,
      ...(options.untrusted && trust),
      ...options.settings,
    });
    for (const [file, text] of Object.entries(options.files)) {
      const path = join(profile.workspace, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    await options.prepare?.(profile.workspace);
    if (options.withoutWisp) await installVsix(entry, profile, required(e2eVariables.probeVsix));
    else await cp(required(e2eVariables.extensions), profile.extensions, { recursive: true });
    if (options.withPythonServer) await installVsix(entry, profile, required(e2eVariables.pythonServerVsix));
    const probeFile = join(folder, "probe-port");
    const env = { ...options.env, [probeVariable]: probeFile };
    const asksForTrust = options.untrusted ?? false;
    const server = await launchCodeServer(entry, profile, { port: 0, env, asksForTrust });
    try {
      const browser = await chromium.launch({
        executablePath: required(e2eVariables.chromium),
        args: chromiumArgs,
      });
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      page.setDefaultTimeout(20_000);
      await page.goto(workspaceUrl(server, profile.workspace));
      const show = (file: string, line: number, column: number): Promise<void> =>
        post(probeFile, { path: join(profile.workspace, file), line, column });
      const editor = new EditorPage(page, show);
      await editor.waitForWorkbench();
      return new Session({ editor, profile, server, browser, folder, probeFile });
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Opens a notebook of the workspace; which cell gets the keys is the caller's. */
  async showNotebook(file: string): Promise<void> {
    await post(this.#probeFile, { path: join(this.profile.workspace, file) });
    await this.editor.page.waitForSelector(".notebook-editor .cell .monaco-editor");
  }

  /** Runs a command of VS Code that needs arguments; those without are picked in the palette. */
  async runCommand(id: string, ...args: readonly unknown[]): Promise<void> {
    await post(this.#probeFile, { command: { id, args } });
  }

  /** Changes one of the user's settings; undefined brings its default back. */
  async updateSetting(key: string, value: unknown): Promise<void> {
    await post(this.#probeFile, { setting: { key, value } });
  }

  /** Registers a provider of inline completions that never has one. */
  async suggestNothing(): Promise<void> {
    await post(this.#probeFile, { provider: "empty" });
  }

  /** A file of the workspace as it is on disk. */
  async read(file: string): Promise<string> {
    return readFile(join(this.profile.workspace, file), "utf8");
  }

  /** @param known numbers of the last trace and of the last entry of the engine's work that are known already. */
  async wisp(known = { trace: 0, work: 0 }): Promise<WispState> {
    const response = await askProbe(this.#probeFile, `?trace=${known.trace}&work=${known.work}`);
    return (await response.json()) as WispState;
  }

  /** What the engine has done since its entry of that number; costs the extension host little. */
  async engineWork(after: number): Promise<readonly EngineWork[]> {
    const response = await askProbe(this.#probeFile, `?only=work&work=${after}`);
    return ((await response.json()) as Pick<WispState, "engineWork">).engineWork;
  }

  /** Number of the latest request that reached the model, 0 before the first. The list of traces is bounded. */
  async latestModelRequest(): Promise<number> {
    const { traces } = await this.wisp();
    return traces.find((trace) => trace.prompt !== undefined)?.id ?? 0;
  }

  /** The outcome of the latest request in a file, once there is one that no newer request has displaced. */
  async outcomeIn(file: string, after = 0): Promise<CompletionTrace["outcome"]> {
    return (await this.traceIn(file, after)).outcome;
  }

  /** The trace of the latest request in a file, once there is one that no newer request has displaced. */
  async traceIn(file: string, after = 0): Promise<CompletionTrace> {
    const passing = new Set(["superseded", "cancelled"]);
    const trace = await until("the last request has an outcome", 60_000, async () => {
      const { traces } = await this.wisp({ trace: after, work: 0 });
      const latest = traces.find(({ uri }) => uri.includes(file));
      const isPassing = latest?.outcome.kind === "silent" && passing.has(latest.outcome.reason);
      return isPassing ? undefined : latest;
    });
    if (!trace) throw new Error(`no outcome in ${file}`);
    return trace;
  }

  /** What explains a missing suggestion, for a failed test's output. */
  async printTraces(): Promise<void> {
    const { traces, status } = await this.wisp();
    console.error(JSON.stringify({ status, traces: traces.slice(0, 3) }, null, 1));
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

/** After a reload of the window another probe listens, at another port. */
async function askProbe(probeFile: string, query: string, init?: RequestInit): Promise<Response> {
  const response = await until("the probe answers", 60_000, async () => {
    const port = await readFile(probeFile, "utf8").catch(() => "");
    return port === "" ? undefined : fetch(`http://127.0.0.1:${port}/${query}`, init).catch(() => undefined);
  });
  if (!response) throw new Error("the probe did not answer");
  return response;
}

async function post(probeFile: string, wanted: object): Promise<void> {
  const body = JSON.stringify(wanted);
  const response = await askProbe(probeFile, "", { method: "POST", body });
  if (!response.ok) throw new Error(`${body} failed: ${await response.text()}`);
}

export function required(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: run the suite with npm run test:e2e`);
  return value;
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // ESRCH: there is no such process.
    return false;
  }
}
