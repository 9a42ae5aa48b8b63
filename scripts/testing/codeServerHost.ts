import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { type CodeServer, launchCodeServer } from "../codeServer/launch.ts";
import { createProfile } from "../codeServer/profile.ts";
import { outDir } from "../support/repo.ts";
import { chromiumArgs } from "./chromium.ts";
import { grepVariable, outputVariable, type ReportedTotals, takeTotals, totalsVariable } from "./totals.ts";

export interface HostSuite {
  /** Unpacked extension under test. */
  readonly extension: string;
  /** CommonJS module with `run(): Promise<void>`, as @vscode/test-electron wants it. */
  readonly tests: string;
  readonly workspace: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Pattern of the tests to run; undefined for all. */
  readonly grep: string | undefined;
}

/** Variables for the tests in the editor, by which they find where to write what. */
export function hostEnvironment(
  { grep }: HostSuite,
  files: { readonly totals: string; readonly output: string },
): Readonly<Record<string, string>> {
  return {
    [totalsVariable]: files.totals,
    [outputVariable]: files.output,
    ...(grep !== undefined && { [grepVariable]: grep }),
  };
}

const suiteDeadlineMs = 8 * 60_000;

/**
 * Runs a suite in the extension host of code-server, with a headless browser as its window. VS Code takes the tests
 * from the address (the way its own integration tests do) when its smoke-test driver is switched on.
 */
export async function runInCodeServer(
  entry: string,
  chromiumPath: string,
  suite: HostSuite,
): Promise<ReportedTotals> {
  const folder = await mkdtemp(join(tmpdir(), "wisp-integration-"));
  const totalsFile = join(folder, "totals.json");
  const outputFile = join(folder, "output.txt");
  let server: CodeServer | undefined;
  let browser: Browser | undefined;
  try {
    const profile = { ...(await createProfile(folder, suite.settings)), workspace: suite.workspace };
    server = await launchCodeServer(entry, profile, {
      port: 0,
      env: hostEnvironment(suite, { totals: totalsFile, output: outputFile }),
      extraArgs: ["--vscode-option", "enable-smoke-test-driver"],
    });
    browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArgs });
    const page = await browser.newPage();
    await runSuiteInPage(page, testUrl(server, suite)).finally(() => printOutput(outputFile));
    return takeTotals(totalsFile);
  } finally {
    await browser?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

export function printOutput(file: string): void {
  console.log(existsSync(file) ? readFileSync(file, "utf8") : "The suite printed nothing.");
}

function testUrl(server: CodeServer, suite: HostSuite): string {
  const { host } = new URL(server.origin);
  const remote = (path: string) => `vscode-remote://${host}${path}`;
  const payload = [
    ["extensionDevelopmentPath", remote(suite.extension)],
    ["extensionTestsPath", remote(suite.tests)],
    ["skipWelcome", "true"],
  ];
  const query = new URLSearchParams({ folder: suite.workspace, payload: JSON.stringify(payload) });
  return `${server.origin}/?${query}`;
}

async function runSuiteInPage(page: Page, url: string): Promise<void> {
  const shots = join(outDir, "screenshots");
  mkdirSync(shots, { recursive: true });
  const ended = Promise.withResolvers<number>();
  // VS Code calls both from its start-up code, so they must be there before the page.
  await page.exposeFunction("codeAutomationLog", () => undefined);
  await page.exposeFunction("codeAutomationExit", (code: number) => ended.resolve(code));
  const timer = setTimeout(
    () => ended.reject(new Error(`The suite did not end within ${suiteDeadlineMs / 60_000} minutes`)),
    suiteDeadlineMs,
  );
  try {
    await page.goto(url);
    await ended.promise;
  } catch (error) {
    await page.screenshot({ path: join(shots, "integration-failed.png") });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
