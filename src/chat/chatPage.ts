export interface ChatPageAssets {
  /** Fresh for every page. */
  readonly nonce: string;
  /** Addresses of the page's own bundle. */
  readonly script: string;
  readonly style: string;
  /** Content-security source of the style sheet. */
  readonly source: string;
}

/** The page of the chat view. Only its own script and style run; nothing is ever loaded from the network. */
export function chatPage({ nonce, script, style, source }: ChatPageAssets): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${source}`,
    `font-src ${source}`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" href="${style}">
  <title>Wisp chat</title>
</head>
<body>
  <header class="srOnly"><h1>Wisp chat</h1></header>
  <main id="turns" tabindex="0" aria-label="Conversation"></main>
  <div id="announcer" class="srOnly" role="status" aria-live="polite"></div>
  <section id="composer" aria-label="Your message">
    <ul id="suggestions" role="listbox" aria-label="Suggestions" hidden></ul>
    <div id="chips" role="list" aria-label="Context that goes along"></div>
    <textarea id="input" rows="2" dir="auto" aria-autocomplete="list" aria-haspopup="listbox" aria-controls="suggestions"
      aria-label="Ask Wisp" placeholder="Ask about your code, / for commands, # for context"></textarea>
    <p id="notice" role="status" hidden></p>
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
  <script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
