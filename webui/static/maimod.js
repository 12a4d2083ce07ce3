import { el } from "/static/dom.js";
import { t } from "/static/texts.js";

export function mount(root) {
  root.append(el("p", { class: "card" }, t("shell.not_there")));
}
