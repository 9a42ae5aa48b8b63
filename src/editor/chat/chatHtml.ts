import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

/** The page of the chat view. Only its own script and style run; nothing is ever loaded from the network. */
export function chatHtml(webview: vscode.Webview, extensionUri: vscode.Uri): string {
  const nonce = randomBytes(16).toString("base64");
  const asset = (name: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, "dist", "chat", name)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" href="${asset("main.css")}">
  <title>Wisp chat</title>
</head>
<body>
  <main id="turns" tabindex="0" aria-label="Conversation"></main>
  <div id="announcer" class="srOnly" role="status" aria-live="polite"></div>
  <section id="composer" aria-label="Your message">
    <ul id="suggestions" role="listbox" aria-label="Suggestions" hidden></ul>
    <div id="chips" role="list" aria-label="Context that goes along"></div>
    <textarea id="input" rows="2" dir="auto" role="combobox" aria-autocomplete="list" aria-controls="suggestions"
      aria-expanded="false" aria-label="Ask Wisp" placeholder="Ask about your code, / for commands, # for context"></textarea>
    <div id="bar">
      <span id="status" role="status"></span>
      <meter id="meter" min="0" max="1" value="0" aria-label="Context used"></meter>
      <span id="meterText"></span>
      <button id="send" type="button" aria-label="Send the message">Send</button>
    </div>
  </section>
  <section id="history" aria-label="Kept conversations" hidden>
    <input id="historySearch" type="search" placeholder="Search conversations" aria-label="Search conversations">
    <ul id="historyItems"></ul>
    <button id="historyDeleteAll" type="button">Delete all…</button>
    <button id="historyClose" type="button">Close</button>
  </section>
  <script nonce="${nonce}" src="${asset("main.js")}"></script>
</body>
</html>`;
}
