import DOMPurify from "dompurify";
import hljs from "highlight.js/lib/common";
import MarkdownIt from "markdown-it";
import type { CodeAction } from "../../src/chat/protocol.ts";
import { button, element } from "./dom.ts";

const parser = new MarkdownIt({ html: false, linkify: false, typographer: false });

// An image would be fetched from wherever the model says, so only its description is shown.
parser.renderer.rules["image"] = (tokens, index) => {
  const token = tokens[index];
  return `<em>[image: ${parser.utils.escapeHtml(token?.content ?? "")}]</em>`;
};

const allowed = {
  ALLOWED_TAGS: [
    ..."p br hr h1 h2 h3 h4 h5 h6 strong em s del code pre blockquote ul ol li a".split(" "),
    ..."table thead tbody tr th td".split(" "),
  ],
  ALLOWED_ATTR: ["href", "class", "start"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  RETURN_DOM_FRAGMENT: true as const,
};

/**
 * Markdown of an answer as sanitised DOM: code blocks are highlighted and get their actions, links are left to the
 * view's click handler, images are never loaded.
 */
export function renderMarkdown(
  text: string,
  onCode: (action: CodeAction, code: string, language: string) => void,
): DocumentFragment {
  const fragment = DOMPurify.sanitize(parser.render(text), allowed);
  for (const table of fragment.querySelectorAll("table")) {
    const frame = element("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" });
    table.replaceWith(frame);
    frame.append(table);
  }
  for (const pre of fragment.querySelectorAll("pre")) decorate(pre, onCode);
  return fragment;
}

const shellLanguages = new Set(["sh", "bash", "zsh", "shell", "console", "powershell", "ps1", "fish"]);

function decorate(
  pre: HTMLPreElement,
  onCode: (action: CodeAction, code: string, language: string) => void,
): void {
  const block = pre.querySelector("code");
  if (!block) return;
  const language = /language-([\w+#.-]+)/.exec(block.className)?.[1] ?? "";
  const code = block.textContent.replace(/\n$/, "");
  if (language && hljs.getLanguage(language)) {
    const html = hljs.highlight(code, { language, ignoreIllegals: true }).value;
    block.replaceChildren(
      DOMPurify.sanitize(html, {
        ALLOWED_TAGS: ["span"],
        ALLOWED_ATTR: ["class"],
        RETURN_DOM_FRAGMENT: true,
      }),
    );
  }
  const act = (action: CodeAction) => () => onCode(action, code, language);
  const actions = element(
    "div",
    { class: "codeActions", role: "toolbar", "aria-label": "Actions for this code" },
    element("span", { class: "language" }, language),
    button("Copy", "Copy this code", act("copy")),
    button("Insert", "Insert this code at the cursor", act("insert")),
    ...(shellLanguages.has(language)
      ? [button("Terminal", "Put this command into the terminal without running it", act("terminal"))]
      : [button("Apply", "Apply this code to the file and show the difference", act("apply"))]),
    button("New file", "Open this code as a new file", act("newFile")),
  );
  const frame = element("div", { class: "codeBlock" }, actions);
  pre.replaceWith(frame);
  pre.tabIndex = 0;
  frame.append(pre);
}
