// Levels of a mode as chips: one of them is a star rating, several make a mapset.

import { el, fill } from "/static/dom.js";
import { number, t } from "/static/texts.js";

/** Chips beside the field of the star rating: {element, offer(mode), draw()}. `single` and `several` are the fields of one
 * star rating and of those of a mapset. */
export function levelChips({ single, several, onChange }) {
  const levelsOf = single.option.levels;
  const group = el("div", { class: "row levels", role: "group", "aria-label": t("generate.levels") });
  const said = el("p", { class: "about", role: "status" });
  let levels = [];

  const chosen = () => (several.value() ?? single.value() ?? "").replace(/[[\]\s]/g, "").split(",").filter(Boolean).map(Number);

  function put(stars) {
    const sorted = [...stars].sort((one, other) => one - other);
    single.set(sorted.length === 1 ? String(sorted[0]) : undefined);
    several.set(sorted.length > 1 ? sorted.join(",") : undefined);
  }

  function toggle(stars) {
    const ticked = chosen().filter((each) => levels.some((level) => level.stars === each));
    put(ticked.includes(stars) ? ticked.filter((each) => each !== stars) : [...ticked, stars]);
    draw();
    onChange();
  }

  function draw() {
    const stars = chosen();
    for (const chip of group.children) chip.setAttribute("aria-pressed", String(stars.includes(Number(chip.value))));
    said.textContent = stars.length > 1
      ? t("generate.mapset_of", { count: stars.length, stars: stars.map((each) => number(each, 1)).join(", ") }) : "";
    said.hidden = !said.textContent;
  }

  /** Shows the levels of a mode; levels that were ticked become those of the same place. */
  function offer(mode) {
    const next = levelsOf[mode];
    if (next === levels) return;
    const places = chosen().map((stars) => levels.findIndex((level) => level.stars === stars));
    if (places.length && places.every((place) => place >= 0)) {
      put(new Set(places.map((place) => next[Math.min(place, next.length - 1)].stars)));
    }
    levels = next;
    fill(group, levels.map((level) => el("button", {
      type: "button", class: "chip", value: level.stars, "aria-pressed": "false", onclick: () => toggle(level.stars),
    }, level.name, el("span", { class: "muted small" }, t("generate.stars", { stars: number(level.stars, 1) })))));
    draw();
  }

  return { element: group, said, offer, draw };
}
