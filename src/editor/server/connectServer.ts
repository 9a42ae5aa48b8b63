import * as vscode from "vscode";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { ModelError } from "../../model/modelErrors.ts";
import type { ProbeOptions } from "../../model/probeRequests.ts";
import { identifyServer, type ServerIdentity, serverAddress } from "../../model/serverIdentity.ts";
import {
  type ChatCheck,
  type CompletionCheck,
  checkChat,
  checkCompletion,
  refusalText,
} from "../../model/serverProbe.ts";
import { scanLoopback } from "../../model/serverScan.ts";
import { fimFamilies, findFimFamily } from "../../prompt/fimTemplate.ts";
import { askServerKey, type ServerKeys } from "../secrets.ts";
import { profileOf, proposedName } from "./profileText.ts";
import { type ProbeResult, reportMarkdown, serverTitle, shownAnswer } from "./reportText.ts";
import type { ServerProfiles } from "./serverProfiles.ts";
import { TriedKey } from "./triedKey.ts";

export interface ConnectParts {
  readonly profiles: ServerProfiles;
  readonly keys: ServerKeys;
  readonly clock: Clock;
  readonly log: Log;
  /** Where requests start, where that is not plain to see. */
  readonly place?: string | undefined;
  /** Whether requests start in a browser, which sees only servers that let web pages ask them. */
  readonly inBrowser: boolean;
}

const title = "Wisp: Connect to a Server";
const identifyWithinMs = 5_000;
const scanWithinMs = 1_500;

/** Leads from an address to a profile: what is there, which models do what, and proof that they do it. */
export class ConnectServer {
  readonly #parts: ConnectParts;

  constructor(parts: ConnectParts) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const address = await this.#pickAddress();
    if (!address) return;
    const key = new TriedKey(this.#parts.keys, serverAddress(address), (text) =>
      askServerKey(address, text + plainWarning(address)),
    );
    const identity = await this.#identify(address, key);
    if (!identity) return;
    const completes = await this.#pickCompletion(identity, key);
    if (completes === undefined) return;
    const completion = completes || undefined;
    const chats = await this.#pickChat(identity, key, completion?.model);
    const chat = chats || undefined;
    if (chats === undefined || (!completion && !chat)) return;
    const name = await this.#askName(identity);
    if (!name) return;
    await this.#parts.profiles.save(profileOf(name, identity.baseUrl, completion, chat), {
      kind: identity.kind.name,
      ...(identity.version && { version: identity.version }),
      ...(completion?.firstTextMs !== undefined && { firstTextMs: completion.firstTextMs }),
      at: Date.now(),
    });
    void this.#tell(name, { identity, completion, chat });
  }

  async #pickAddress(): Promise<string | undefined> {
    const { place } = this.#parts;
    const look = "$(search) Look for servers on this machine";
    const type = "$(edit) Enter an address…";
    const hosted = ["https://api.mistral.ai/v1", "https://api.deepseek.com/v1", "https://api.openai.com/v1"];
    const picked = await vscode.window.showQuickPick(
      [
        { label: look, detail: "Asks the usual ports of Ollama, llama-server, LM Studio, vLLM and others" },
        { label: type, detail: "Of any OpenAI-compatible server" },
        { label: "Services on the net", kind: vscode.QuickPickItemKind.Separator },
        ...hosted.map((label) => ({ label, detail: "Your code is sent there" })),
      ],
      {
        title,
        placeHolder: place ? `Which server? Wisp runs ${place}, and asks from there` : "Which server?",
      },
    );
    if (picked?.label === look) return this.#scan();
    return picked?.label === type ? askAddress() : picked?.label;
  }

  async #scan(): Promise<string | undefined> {
    const found = await progress("looking for servers", (signal) =>
      scanLoopback({ ...this.#options(), withinMs: scanWithinMs }, signal),
    );
    if (!found) return undefined;
    if (found.length === 0) {
      void vscode.window.showInformationMessage(
        this.#parts.inBrowser
          ? "Wisp: No model server answers a web page on this machine's usual ports; one that does not let pages ask it (CORS) cannot be seen from a browser."
          : "Wisp: No model server listens on this machine's usual ports.",
      );
      return askAddress();
    }
    const picked = await vscode.window.showQuickPick(
      found.map(({ address, identity }) => ({
        label: address,
        description: identity ? serverTitle(identity) : "wants a key",
        detail: identity?.models.map(({ id }) => id).join(", ") ?? "",
      })),
      { title, placeHolder: "Found on this machine" },
    );
    return picked?.label;
  }

  #identify(address: string, key: TriedKey): Promise<ServerIdentity | undefined> {
    return key.with(() =>
      progress(`asking ${address}`, (signal) => identifyServer(address, this.#options(key), signal)),
    );
  }

  /** False: no model for completion; undefined: given up. */
  async #pickCompletion(
    identity: ServerIdentity,
    key: TriedKey,
  ): Promise<CompletionCheck | false | undefined> {
    for (;;) {
      const none = "$(circle-slash) None: chat only";
      const model = await this.#pickModel(identity, `${serverTitle(identity)}: model for suggestions`, none);
      if (model === undefined || model === none) return model === none ? false : undefined;
      const check = await key.with(() =>
        progress("trying", (signal, onStep) =>
          checkCompletion(identity, model, { ...this.#options(key), onStep }, signal),
        ),
      );
      if (!check) return undefined;
      if (check.way) return check;
      this.#parts.log.info(
        `${refusalText(check)} ${JSON.stringify(check.tried.map(({ verdict }) => verdict))}`,
      );
      const again = "Choose Another";
      const choice = await vscode.window.showWarningMessage(
        refusalText(check),
        { modal: true, detail: "It was asked to fill a hole of which it is known what belongs there." },
        again,
        "Chat Only",
      );
      if (choice === undefined) return undefined;
      if (choice !== again) return false;
    }
  }

  /** False: no model for chat; undefined: given up. */
  async #pickChat(
    identity: ServerIdentity,
    key: TriedKey,
    completionModel: string | undefined,
  ): Promise<ChatCheck | false | undefined> {
    const none = "$(circle-slash) None: suggestions only";
    const model = await this.#pickModel(identity, "Model for chat, explain and fix", none, completionModel);
    if (model === undefined || model === none) return model === none ? false : undefined;
    const check = await key.with(() =>
      progress("trying", (signal, onStep) =>
        checkChat(identity, model, { ...this.#options(key), onStep }, signal),
      ),
    );
    if (!check || check.works) return check;
    void vscode.window.showWarningMessage(`Wisp: ${model} does not chat. ${check.refusal ?? ""}`);
    return false;
  }

  async #pickModel(
    identity: ServerIdentity,
    placeHolder: string,
    none: string,
    first?: string,
  ): Promise<string | undefined> {
    const rank = ({ id, loaded }: ServerIdentity["models"][number]): number =>
      (id === first ? 4 : 0) + (loaded ? 2 : 0) + (!first && findFimFamily("auto", id) ? 1 : 0);
    const models = [...identity.models].sort((a, b) => rank(b) - rank(a));
    const type = "$(edit) Enter a model's name…";
    const picked = await vscode.window.showQuickPick(
      [
        ...models.map(({ id, loaded }) => ({ label: id, description: loaded ? "loaded" : "" })),
        { label: "", kind: vscode.QuickPickItemKind.Separator },
        { label: type },
        { label: none },
      ],
      { title, placeHolder },
    );
    if (picked?.label !== type) return picked?.label;
    return (await vscode.window.showInputBox({ title, prompt: placeHolder }))?.trim() || undefined;
  }

  async #askName({ baseUrl, kind }: ServerIdentity): Promise<string | undefined> {
    const { hostname } = new URL(baseUrl);
    const { all } = this.#parts.profiles;
    for (let value = proposedName(isLoopback(hostname) ? kind.name : hostname, baseUrl, all); ; ) {
      const entered = await vscode.window.showInputBox({
        title,
        prompt: "Name of the profile, as the status bar and the list show it",
        value,
        validateInput: (text) => (text.trim() === "" ? "A profile needs a name." : undefined),
      });
      const name = entered?.trim();
      const taken = all.find((profile) => profile.name === name);
      if (!name || !taken) return name;
      const detail = `It stands for ${taken.url} now.`;
      const question = `Replace the server profile “${name}”?`;
      const choice = await vscode.window.showWarningMessage(question, { modal: true, detail }, "Replace");
      if (choice === "Replace") return name;
      value = name;
    }
  }

  async #tell(name: string, result: ProbeResult): Promise<void> {
    const { completion, chat } = result;
    const parts = [
      completion?.way && `${completion.model} completes ${shownAnswer(completion.way)}`,
      completion?.firstTextMs !== undefined && `first text after ${Math.round(completion.firstTextMs)} ms`,
      chat && `${chat.model} chats`,
    ].filter((part) => typeof part === "string");
    const choice = await vscode.window.showInformationMessage(
      `Wisp: ${name} is in use: ${parts.join(", ")}.`,
      "Details",
    );
    if (choice !== "Details") return;
    const content = reportMarkdown(name, result);
    await vscode.window.showTextDocument(
      await vscode.workspace.openTextDocument({ language: "markdown", content }),
    );
  }

  #options(key?: TriedKey): ProbeOptions {
    const { clock, log } = this.#parts;
    return {
      fetch: (input, init) => fetch(input, init),
      apiKey: async () => key?.get(),
      clock,
      log,
      withinMs: identifyWithinMs,
      families: fimFamilies,
      onStep: () => {},
    };
  }
}

/** Without TLS a key can be read on its way to another machine. */
function plainWarning(address: string): string {
  const { protocol, hostname } = new URL(serverAddress(address));
  if (protocol === "https:" || isLoopback(hostname)) return "";
  return " The connection is not encrypted: who can listen to the network can read the key.";
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

async function askAddress(): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title,
    prompt: "Address of the server; a key is asked for apart",
    placeHolder: "http://127.0.0.1:8080/v1",
    ignoreFocusOut: true,
    validateInput: (text) => {
      try {
        serverAddress(text);
        return undefined;
      } catch (error) {
        return error instanceof ModelError ? `${error.message} ${error.hint}` : String(error);
      }
    },
  });
}

/** Undefined when the user cancels. */
async function progress<T>(
  what: string,
  run: (signal: AbortSignal, onStep: (step: string) => void) => Promise<T>,
): Promise<T | undefined> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: `Wisp: ${what}`,
    cancellable: true,
  };
  return vscode.window.withProgress(options, async (report, token) => {
    const controller = new AbortController();
    token.onCancellationRequested(() => controller.abort());
    try {
      return await run(controller.signal, (message) => report.report({ message }));
    } catch (error) {
      if (controller.signal.aborted) return undefined;
      throw error;
    }
  });
}
