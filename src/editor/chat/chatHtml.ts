import * as vscode from "vscode";
import { chatPage } from "../../chat/chatPage.ts";

export function chatHtml(webview: vscode.Webview, extensionUri: vscode.Uri): string {
  const asset = (name: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, "dist", "chat", name)).toString();
  return chatPage({
    nonce: btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))),
    script: asset("main.js"),
    style: asset("main.css"),
    source: webview.cspSource,
  });
}
