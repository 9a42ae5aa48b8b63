import { hostMessage } from "../../src/chat/hostMessage.ts";
import type { ToView } from "../../src/chat/protocol.ts";
import { Composer } from "./composer.ts";
import { byId } from "./dom.ts";
import { HistoryList } from "./historyList.ts";
import { host } from "./host.ts";
import { Turns } from "./turns.ts";

const turns = new Turns();
const notices = { page: "", draft: "", sent: "" };
const composer = new Composer((notice) => {
  notices.page = notice;
  showNotice();
});
const historyList = new HistoryList();
let shownId: string | undefined;
/** Whether the whole conversation is asked for and has not come yet. */
let isAsking = false;

function receive(message: ToView): void {
  switch (message.type) {
    case "conversation":
      isAsking = false;
      turns.show(message.id, message.turns, message);
      // While this conversation is on screen, the input box knows better than the extension what is being typed.
      if (message.id !== shownId) composer.setDraft(message.draft);
      shownId = message.id;
      break;
    case "turn":
      turns.update(message.turn);
      break;
    case "delta":
      if (!turns.append(message.turnId, message.offset, message.text)) askForAll();
      break;
    case "history":
      historyList.show(message.items);
      break;
    case "context":
      composer.setContext(message.chips, message.usedTokens, message.budgetTokens);
      notices.draft = message.notice;
      showNotice();
      break;
    case "draft":
      composer.setDraft(message.text);
      break;
    case "status":
      composer.setBusy(message.busy);
      byId("status").textContent = message.model;
      notices.sent = message.notice ?? "";
      showNotice();
      break;
    case "suggestions":
      composer.suggest(message.query, message.items);
      break;
    case "focus":
      composer.focus();
      break;
  }
}

function askForAll(): void {
  if (isAsking) return;
  isAsking = true;
  host.postMessage({ type: "ready" });
}

/** What the input box refused, else what does not go along with the draft, else what did not with the newest question. */
function showNotice(): void {
  const text = notices.page || notices.draft || notices.sent;
  const notice = byId("notice");
  if (notice.textContent !== text) notice.textContent = text;
  notice.hidden = text === "";
}

window.addEventListener("message", (event: MessageEvent<unknown>) => {
  const message = hostMessage(event.data);
  if (message) receive(message);
});
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!link) return;
  event.preventDefault();
  // The editor's own page around this one opens links too, where it has the focus.
  event.stopPropagation();
  host.postMessage({ type: "openLink", href: link.getAttribute("href") ?? "" });
});
askForAll();
