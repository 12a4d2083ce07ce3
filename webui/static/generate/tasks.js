// What to do with a map that was given: chips, each of which sets the options that it takes.

import { el } from "/static/dom.js";
import { t } from "/static/texts.js";

export const REVIEW_SOURCE = "maimod-source";

const TASKS = {
  difficulty: { in_context: ["GD", "TIMING", "KIAI"] },
  hitsounds: { in_context: ["NO_HS", "TIMING", "KIAI"] },
  part: { add_to_beatmap: "true" },
  timing: { in_context: ["TIMING"] },
  new: {},
};
const OPTIONS = ["in_context", "add_to_beatmap"];

/** The question: {element, choose(name), draw(isThere)}. `onPart()` is told that a span is to be chosen, `onReview()` that
 * the map is to be reviewed. */
export function taskChips({ fields, onChange, onPart, onReview }) {
  const chips = Object.keys(TASKS).map((name) => el("button", {
    type: "button", class: "chip", value: name, "aria-pressed": "false", onclick: () => { choose(name); onChange(); if (name === "part") onPart(); },
  }, t(`generate.task_${name}`)));
  const review = el("button", { type: "button", class: "chip", onclick: onReview }, t("generate.task_review"));
  const about = el("p", { class: "small muted", role: "status" });
  const element = el("div", { class: "stack tight", hidden: true },
    el("p", { class: "label" }, t("generate.task_question")),
    el("div", { class: "row", role: "group", "aria-label": t("generate.task_question") }, chips, review), about);

  function choose(name) {
    for (const option of OPTIONS) fields.get(option).set(TASKS[name][option]);
  }

  const mark = (values) => JSON.stringify(OPTIONS.map((option) => (Array.isArray(values[option]) ? [...values[option]].sort() : values[option] ?? null)));

  function draw(isThere) {
    element.hidden = !isThere;
    const now = mark(Object.fromEntries(OPTIONS.map((option) => [option, fields.get(option).value()])));
    for (const chip of chips) chip.setAttribute("aria-pressed", String(mark(TASKS[chip.value]) === now));
    const chosen = chips.find((chip) => chip.getAttribute("aria-pressed") === "true")?.value;
    about.textContent = chosen ? t(`generate.task_${chosen}_about`) : "";
  }
  return { element, choose, draw };
}
