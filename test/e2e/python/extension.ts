import type { ExtensionContext } from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";

/** Put in by the bundler: the server is run where npm has installed it. */
declare const pyrightServer: string;

/** Gives Python files the language server that most people have behind Pylance, without VS Code's own Python extension. */
export async function activate({ subscriptions }: ExtensionContext): Promise<void> {
  const client = new LanguageClient(
    "pyright",
    "Pyright",
    { module: pyrightServer, transport: TransportKind.stdio },
    { documentSelector: [{ language: "python", scheme: "file" }] },
  );
  subscriptions.push(client);
  await client.start();
}
