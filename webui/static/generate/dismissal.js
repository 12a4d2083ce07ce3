// Dismissed jobs: out of sight at once, and gone when it is too late for another thought.

import { remove } from "/static/api.js";
import { el } from "/static/dom.js";
import { t } from "/static/texts.js";
import { nameOf } from "/static/generate/facts.js";

const UNDO_MS = 8000;

/** {element, hides(id), dismiss(job)}. `onChange()` is called when a job goes or comes back; `act(promise)` tells what fails. */
export function dismissal(onChange, act) {
  const leaving = new Set();
  const element = el("div", { class: "stack tight", role: "status" });

  function dismiss(job) {
    const line = el("p", { class: "row nowrap source" }, el("span", { class: "grow ellipsis" }, t("generate.dismissed", { title: nameOf(job) })),
      el("button", { type: "button", class: "button small", onclick: () => settle(false) }, t("generate.undo")));
    const timer = setTimeout(() => settle(true), UNDO_MS);
    function settle(isFinal) {
      clearTimeout(timer);
      line.remove();
      if (isFinal) act(remove(`/api/jobs/${job.id}`)).then(() => leaving.delete(job.id));
      else {
        leaving.delete(job.id);
        onChange();
      }
    }
    leaving.add(job.id);
    element.append(line);
    onChange();
  }
  return { element, hides: (id) => leaving.has(id), dismiss };
}
