import DOMPurify from "dompurify";
import hljs from "highlight.js/lib/common";
import MarkdownIt, { type Env } from "markdown-it";
import type { CodeAction } from "../../src/chat/protocol.ts";
import { button, element } from "./dom.ts";
import { visibleText } from "./visibleText.ts";

export type OnCode = (action: CodeAction, code: string, language: string) => void;

const parser = new MarkdownIt({ html: false, linkify: false, typographer: false });

// An image would be fetched from wherever the model says, so only its description is shown.
parser.renderer.rules["image"] = (tokens, index) => {
  const about = tokens[index]?.content;
  return `<em>[image${about ? `: ${parser.utils.escapeHtml(about)}` : ""}]</em>`;
};
// Entities and escapes in addresses may stand for what reorders text.
parser.renderer.rules["text"] = (tokens, index) =>
  parser.utils.escapeHtml(visibleText(tokens[index]?.content ?? ""));

const allowed = {
  ALLOWED_TAGS: [
    ..."p br hr h1 h2 h3 h4 h5 h6 strong em s del code pre blockquote ul ol li a".split(" "),
    ..."table thead tbody tr th td".split(" "),
  ],
  ALLOWED_ATTR: ["href", "class", "start"],
  // Else it would have to be an address.
  ADD_URI_SAFE_ATTR: ["start"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  RETURN_DOM_FRAGMENT: true as const,
};

interface Block {
  /** Of its first token: two blocks of the same lines may differ in kind. */
  readonly type: string;
  readonly source: string;
  readonly nodes: readonly Node[];
}

/**
 * Markdown of an answer as sanitised DOM inside `root`: code blocks are highlighted and get their actions, links are
 * left to the view's click handler, images are never loaded. A longer text of the same answer draws only the blocks
 * that are new or have grown, so that what stands there keeps its selection and focus.
 */
export class MarkdownBody {
  readonly #root: HTMLElement;
  readonly #onCode: OnCode;
  #blocks: Block[] = [];
  #references = "";

  constructor(root: HTMLElement, onCode: OnCode) {
    this.#root = root;
    this.#onCode = onCode;
  }

  show(markdown: string): void {
    const text = visibleText(markdown);
    const env: Env = {};
    const tokens = parser.parse(text, env);
    const lines = text.split("\n");
    const found = topLevel(tokens).map((part) => ({ part, ...placeOf(part, lines) }));
    // Definitions of links anywhere change what other blocks mean.
    const references = JSON.stringify(env.references ?? {});
    const isKnown = references === this.#references;
    this.#references = references;
    const differs = found.findIndex(
      ({ type, source }, index) =>
        !isKnown || this.#blocks[index]?.source !== source || this.#blocks[index]?.type !== type,
    );
    const kept = differs < 0 ? found.length : differs;
    for (const { nodes } of this.#blocks.slice(kept))
      for (const node of nodes) node.parentNode?.removeChild(node);
    const drawn = found.slice(kept).map(({ part, type, source }): Block => {
      const fragment = DOMPurify.sanitize(parser.renderer.render(part, parser.options, env), allowed);
      // The parser drops what is nested too deep; nothing of an answer is kept from the reader.
      if (/[\p{L}\p{N}]/u.test(source) && !fragment.textContent?.trim()) fragment.replaceChildren(source);
      dress(fragment, this.#onCode);
      const nodes = [...fragment.childNodes];
      this.#root.append(fragment);
      return { type, source, nodes };
    });
    this.#blocks = [...this.#blocks.slice(0, kept), ...drawn];
  }
}

type Tokens = ReturnType<typeof parser.parse>;

function topLevel(tokens: Tokens): readonly Tokens[] {
  const parts: Tokens[] = [];
  for (const token of tokens) {
    if (token.level === 0 && token.nesting >= 0) parts.push([token]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function placeOf([first]: Tokens, lines: readonly string[]): Pick<Block, "type" | "source"> {
  const [from, to] = first?.map ?? [0, 0];
  return { type: first?.type ?? "", source: lines.slice(from, to).join("\n") };
}

function dress(fragment: DocumentFragment, onCode: OnCode): void {
  // What leads nowhere must not look as if it did.
  for (const link of fragment.querySelectorAll("a:not([href])")) link.replaceWith(...link.childNodes);
  for (const table of fragment.querySelectorAll("table")) {
    const frame = element("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" });
    table.replaceWith(frame);
    frame.append(table);
  }
  for (const pre of fragment.querySelectorAll("pre")) dressCode(pre, onCode);
}

const shellLanguages = new Set(["sh", "bash", "zsh", "shell", "console", "powershell", "ps1", "fish"]);

/** Longer code is shown without colours: the highlighter would hold up the page. */
const mostHighlighted = 100_000;

function dressCode(pre: HTMLPreElement, onCode: OnCode): void {
  const block = pre.querySelector("code");
  if (!block) return;
  const language = /language-([\w+#.-]+)/.exec(block.className)?.[1] ?? "";
  const code = block.textContent.replace(/\n$/, "");
  if (language && code.length <= mostHighlighted && hljs.getLanguage(language)) {
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
