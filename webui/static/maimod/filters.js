// Which suggestions are shown, and in which order.

import { el } from "/static/dom.js";
import { number, t, textOr } from "/static/texts.js";

export const SEVERITIES = ["problem", "warning", "certain", "likely", "possible"];

const ORDERS = {
  time: (one, other) => (one.time_ms ?? -1) - (other.time_ms ?? -1),
  // Rules first, by how much they matter; then opinions, the rarest surprise first.
  surprise: (one, other) => isOpinion(one) - isOpinion(other)
    || (isOpinion(one) ? (one.per_minute ?? 0) - (other.per_minute ?? 0) : SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity)),
};

/** Chips for severities and categories, and an order: {element, chosen() -> suggestions}. */
export function filterBar(suggestions, onChange) {
  const hidden = { severity: new Set(), category: new Set() };
  const order = el("select", { onchange: onChange }, Object.keys(ORDERS).map((name) => el("option", { value: name }, t(`maimod.order.${name}`))));

  function chips(field, values) {
    const counted = values.map((value) => [value, suggestions.filter((each) => each[field] === value).length]).filter(([, count]) => count);
    return el("div", { class: "row", role: "group", "aria-label": t(`maimod.${field}`) }, counted.map(([value, count]) => {
      const chip = el("button", { type: "button", class: `chip ${field}-${value}`, "aria-pressed": "true", onclick: () => toggle(chip, field, value) },
        textOr(`maimod.${field}.${value}`, value), el("span", { class: "muted" }, number(count)));
      return chip;
    }));
  }

  function toggle(chip, field, value) {
    if (!hidden[field].delete(value)) hidden[field].add(value);
    chip.setAttribute("aria-pressed", String(!hidden[field].has(value)));
    onChange();
  }

  const categories = [...new Set(suggestions.map((each) => each.category))].sort();
  const element = el("div", { class: "stack tight" }, chips("severity", SEVERITIES), chips("category", categories),
    el("label", { class: "row small muted" }, t("maimod.order"), order));
  return {
    element,
    chosen: () => suggestions.filter((each) => !hidden.severity.has(each.severity) && !hidden.category.has(each.category))
      .sort(ORDERS[order.value]),
  };
}

function isOpinion(suggestion) {
  return Number(suggestion.kind === "surprisal");
}
