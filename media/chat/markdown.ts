import DOMPurify from "dompurify";
import MarkdownIt, { type Env } from "markdown-it";
import type { CodeAction } from "../../src/chat/protocol.ts";
import { type Coloured, colour, colourable } from "./colours.ts";
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
  readonly code: Code;
}

/** What the blocks of code in a block of the answer look like. */
interface Code {
  /** In the order in which they stand there. */
  readonly coloured: readonly (Coloured | undefined)[];
  /** Whether some of it gets its colours once no more is added. */
  readonly waits: boolean;
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

  /** @param isGrowing whether more of the answer is to come. */
  show(markdown: string, isGrowing: boolean): void {
    const text = visibleText(markdown);
    const env: Env = {};
    const tokens = parser.parse(text, env);
    const lines = text.split("\n");
    const found = topLevel(tokens).map((part, index, { length }) => ({
      part,
      ...placeOf(part, lines),
      grows: isGrowing && index === length - 1,
    }));
    // Definitions of links anywhere change what other blocks mean.
    const references = JSON.stringify(env.references ?? {});
    const isKnown = references === this.#references;
    this.#references = references;
    const differs = found.findIndex(
      ({ type, source, grows }, index) =>
        !isKnown ||
        this.#blocks[index]?.source !== source ||
        this.#blocks[index]?.type !== type ||
        (this.#blocks[index]?.code.waits && !grows),
    );
    const kept = differs < 0 ? found.length : differs;
    for (const { nodes } of this.#blocks.slice(kept))
      for (const node of nodes) node.parentNode?.removeChild(node);
    const drawn = found.slice(kept).map(({ part, type, source, grows }, index): Block => {
      const fragment = DOMPurify.sanitize(parser.renderer.render(part, parser.options, env), allowed);
      // The parser drops what is nested too deep; nothing of an answer is kept from the reader.
      const isEmpty = !fragment.textContent?.trim() && !fragment.querySelector("pre");
      if (isEmpty && /[\p{L}\p{N}]/u.test(source)) fragment.replaceChildren(source);
      const before = grows ? this.#blocks[kept + index]?.code.coloured : undefined;
      const code = dress(fragment, this.#onCode, before);
      const nodes = [...fragment.childNodes];
      this.#root.append(fragment);
      return { type, source, nodes, code };
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

/** @param before the colours of the same block when it was shorter, if it goes on growing. */
function dress(fragment: DocumentFragment, onCode: OnCode, before: Code["coloured"] = []): Code {
  // What leads nowhere must not look as if it did.
  for (const link of fragment.querySelectorAll("a:not([href])")) link.replaceWith(...link.childNodes);
  for (const table of fragment.querySelectorAll("table")) {
    const frame = element("div", { class: "table", tabindex: "0", role: "region", "aria-label": "Table" });
    table.replaceWith(frame);
    frame.append(table);
  }
  const dressed = [...fragment.querySelectorAll("pre")].map((pre, n) => dressCode(pre, onCode, before[n]));
  return {
    coloured: dressed.map(({ coloured }) => coloured),
    waits: dressed.some(({ waits }) => waits),
  };
}

const shellLanguages = new Set(["sh", "bash", "zsh", "shell", "console", "powershell", "ps1", "fish"]);

function dressCode(
  pre: HTMLPreElement,
  onCode: OnCode,
  before: Coloured | undefined,
): { coloured: Coloured | undefined; waits: boolean } {
  const block = pre.querySelector("code");
  if (!block) return { coloured: undefined, waits: false };
  const language = /language-([\w+#.-]+)/.exec(block.className)?.[1] ?? "";
  const code = block.textContent.replace(/\n$/, "");
  const coloured = colour(code, language, before);
  if (coloured) {
    block.replaceChildren(
      DOMPurify.sanitize(coloured.html, {
        ALLOWED_TAGS: ["span"],
        ALLOWED_ATTR: ["class"],
        RETURN_DOM_FRAGMENT: true,
      }),
      code.slice(coloured.code.length),
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
  return { coloured, waits: coloured !== undefined && coloured.code.length < colourable(code).length };
}
