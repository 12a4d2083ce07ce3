// A button that copies a text, and says that it did.

import { el } from "/static/dom.js";
import { t } from "/static/texts.js";

const SAID_MS = 1500;

/** `read()` gives the text when the button is pressed. */
export function copyButton(label, read, attributes = {}) {
  const said = el("span", { "aria-live": "polite" }, label);
  return el("button", { type: "button", class: "button small", ...attributes, onclick: async () => {
    try {
      await navigator.clipboard.writeText(read());
      said.textContent = t("shell.copied");
    } catch {
      said.textContent = t("shell.not_copied");
    }
    setTimeout(() => { said.textContent = label; }, SAID_MS);
  } }, said);
}
