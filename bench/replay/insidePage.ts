// Functions that run in the page; what they use of the browser's DOM is declared here, so that no other file sees it.
interface PageElement {
  closest(selector: string): PageElement | null;
}
interface PageNode {
  readonly parentElement: PageElement | null;
}
interface Mutation {
  readonly target: PageNode & Partial<PageElement>;
}
declare const document: { querySelector(selector: string): PageElement | null };
declare const window: {
  wispBench?: Recording & { look(): void };
  addEventListener(
    type: "keydown",
    listener: (event: { readonly key: string; readonly timeStamp: number }) => void,
    capture: boolean,
  ): void;
};
declare class MutationObserver {
  constructor(seen: (mutations: readonly Mutation[]) => void);
  observe(target: PageElement, options: Readonly<Record<string, unknown>>): void;
}

/** What was seen since the recording began; times are milliseconds since the epoch. */
export interface Recording {
  readonly ghosts: { readonly at: number; readonly text: string }[];
  readonly keys: KeyPress[];
}

export interface KeyPress {
  readonly at: number;
  readonly key: string;
  /** When the text of the editor changed next. */
  changedAt?: number;
}

/** Records keys and every change of the painted ghost text. (Self-contained: only its source reaches the page.) */
export function startRecording(readGhostText: () => string): void {
  const now = () => performance.timeOrigin + performance.now();
  const begun = window.wispBench !== undefined;
  const recording = {
    ghosts: [{ at: now(), text: readGhostText() }],
    keys: [] as KeyPress[],
    look: () => {
      const text = readGhostText();
      if (text !== window.wispBench?.ghosts.at(-1)?.text) window.wispBench?.ghosts.push({ at: now(), text });
    },
  };
  window.wispBench = recording;
  const part = document.querySelector(".part.editor");
  if (begun || !part) return;
  const isInText = ({ target }: Mutation) =>
    (target.closest ? target : target.parentElement)?.closest?.(".view-lines") != null;
  new MutationObserver((mutations) => {
    const keys = window.wispBench?.keys ?? [];
    if (mutations.some(isInText)) for (const key of keys) key.changedAt ??= now();
    window.wispBench?.look();
  }).observe(part, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ["class", "style"],
  });
  window.addEventListener(
    "keydown",
    ({ key, timeStamp }) => window.wispBench?.keys.push({ at: performance.timeOrigin + timeStamp, key }),
    true,
  );
}

export function readRecording(): Recording {
  const { ghosts = [], keys = [] } = window.wispBench ?? {};
  return { ghosts, keys };
}
