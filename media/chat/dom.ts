type Attributes = Readonly<Record<string, string | boolean | ((event: Event) => void)>>;

/** Creates an element; function values become listeners of the event that the key names, `true` sets an empty attribute. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") created.addEventListener(key, value);
    else if (value === true) created.setAttribute(key, "");
    else if (value !== false) created.setAttribute(key, value);
  }
  created.append(...children);
  return created;
}

/**
 * A button that shows an icon or a short text and is named for screen readers by `label`.
 * @param act what names the same action in another row or another state; see `keepFocus`.
 */
export function button(
  text: string,
  label: string,
  onClick: () => void,
  { className = "action", act = text } = {},
): HTMLButtonElement {
  return element(
    "button",
    {
      type: "button",
      class: className,
      "data-act": act,
      "aria-label": label,
      title: label,
      click: onClick,
    },
    text,
  );
}

/** The element with this id, which the page's own HTML always has. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found;
}
