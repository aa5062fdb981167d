// Small helpers around the document. Text only ever goes in as text, never as markup.

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children (elements or text). */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Sets text, and touches nothing when it is the same: no needless work for screen readers. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Shows exactly these children; nodes that look the same stay, so that focus and selection do. */
export function setChildren(node, children) {
  const stands = [...node.childNodes];
  const same = stands.length === children.length && stands.every((old, i) => old.isEqualNode(children[i]));
  if (!same) node.replaceChildren(...children);
}

/** A group of native radio buttons that look like a switch; `choose` is told the value. */
export function radios(fieldset, name, options, chosen, choose) {
  const known = [...fieldset.querySelectorAll("input")].map((input) => input.value);
  if (known.join() !== options.map(([value]) => value).join()) {
    fieldset.querySelectorAll("label").forEach((label) => label.remove());
    for (const [value, text] of options) {
      const input = el("input", { type: "radio", name, value });
      input.addEventListener("change", () => choose(value));
      fieldset.append(el("label", {}, input, el("span", {}, text)));
    }
  }
  for (const input of fieldset.querySelectorAll("input")) input.checked = input.value === chosen;
}
