// What the marks of the timeline mean, folded away until it is asked for.

import { el, fill } from "/static/dom.js";
import { BREAK_CLASS, KIAI_COLOUR, STRAIN_COLOURS } from "./timeline_colours.js";

/** {element, show(map)}: the colours of a map's skills, its kiai sections, breaks and density. */
export function legend(texts) {
  const list = el("ul", { class: "preview-legend row" });
  const element = el("details", { class: "small" }, el("summary", { class: "muted" }, texts("preview.legend")), list);

  function entry(colour, text) {
    const mark = el("span", { class: "preview-mark", "aria-hidden": "true" });
    if (colour) mark.style.background = colour;
    else mark.classList.add(BREAK_CLASS);
    return el("li", {}, mark, text);
  }

  function show(map) {
    const skills = Object.keys(map.strain.skills);
    fill(list, entry(null, texts("preview.legend_density")),
      skills.map((skill, index) => entry(STRAIN_COLOURS[index % STRAIN_COLOURS.length], texts("preview.legend_skill", { skill }))),
      map.kiai.length ? entry(KIAI_COLOUR, texts("preview.legend_kiai")) : null,
      map.breaks.length ? entry(null, texts("preview.legend_breaks")) : null);
  }
  return { element, show };
}
