// Which jobs are shown: a search over what they are about, their state and their mode.

import { el, newId } from "/static/dom.js";
import { t } from "/static/texts.js";
import { modeOf, searchText } from "/static/generate/facts.js";

const FEWEST_JOBS = 2;
const STATES = { active: ["queued", "running"], done: ["done"], failed: ["failed", "cancelled"] };

/** The bar over a list of jobs: {element, matches(job), offer(count), clear()}. */
export function jobFilter(onChange) {
  const id = newId("search");
  const words = el("input", { id, type: "search", class: "grow", placeholder: t("generate.search_jobs"), oninput: onChange });
  const choice = (label, values) => el("select", { "aria-label": t(label), onchange: onChange },
    el("option", { value: "" }, t(`${label}_any`)), values.map(([value, text]) => el("option", { value }, text)));
  const state = choice("generate.filter_state", Object.keys(STATES).map((name) => [name, t(`generate.filter_state_${name}`)]));
  const mode = choice("generate.filter_mode", [0, 1, 2, 3].map((value) => [value, t(`mode.${value}`)]));
  const element = el("div", { class: "row job-filter", role: "search", hidden: true },
    el("label", { for: id, class: "visually-hidden" }, t("generate.search_jobs")), words, state, mode);
  return {
    element,
    matches(job) {
      const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
      return (!state.value || STATES[state.value].includes(job.state)) && (!mode.value || modeOf(job) === Number(mode.value))
        && wanted.every((word) => searchText(job).includes(word));
    },
    offer(count) { element.hidden = count < FEWEST_JOBS && !words.value && !state.value && !mode.value; },
    clear() {
      for (const control of [words, state, mode]) control.value = "";
    },
  };
}
