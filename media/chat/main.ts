import { hostMessage } from "../../src/chat/hostMessage.ts";
import type { ToView } from "../../src/chat/protocol.ts";
import { Composer } from "./composer.ts";
import { byId } from "./dom.ts";
import { HistoryList } from "./historyList.ts";
import { host } from "./host.ts";
import { Turns } from "./turns.ts";

const turns = new Turns();
const composer = new Composer();
const historyList = new HistoryList();
const notices = { draft: "", sent: "" };
let restored = false;

function receive(message: ToView): void {
  switch (message.type) {
    case "conversation":
      turns.show(message.id, message.turns);
      composer.setDraft(message.draft);
      restoreScroll();
      break;
    case "turn":
      turns.update(message.turn);
      break;
    case "delta":
      if (!turns.append(message.turnId, message.offset, message.text)) host.postMessage({ type: "ready" });
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

/** What does not go along with the draft, else what did not go along with the newest question. */
function showNotice(): void {
  const text = notices.draft || notices.sent;
  const notice = byId("notice");
  if (notice.textContent !== text) notice.textContent = text;
  notice.hidden = text === "";
}

function restoreScroll(): void {
  if (restored) return;
  restored = true;
  const state = host.getState();
  if (state) byId("turns").scrollTop = state.scrollTop;
}

window.addEventListener("message", (event: MessageEvent<unknown>) => {
  const message = hostMessage(event.data);
  if (message) receive(message);
});
byId("turns").addEventListener("scroll", () => host.setState({ scrollTop: byId("turns").scrollTop }));
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!link) return;
  event.preventDefault();
  host.postMessage({ type: "openLink", href: link.getAttribute("href") ?? "" });
});
host.postMessage({ type: "ready" });
