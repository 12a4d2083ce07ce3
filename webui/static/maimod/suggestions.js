// The list of suggestions: where, what, how sure; each with a way to the player, to the editor, and perhaps a fix.

import { el, fill } from "/static/dom.js";
import { number, t, textOr } from "/static/texts.js";

/** {element, show(suggestions)}; onApply(ids) writes a copy with the ticked fixes, or is null where that is not possible. */
export function suggestionList({ onJump, onApply }) {
  const ticked = new Set();
  const list = el("ol", { class: "suggestions" });
  const empty = el("p", { class: "muted", hidden: true }, t("maimod.nothing"));
  const apply = el("button", { type: "button", class: "button primary", disabled: true, onclick: () => onApply([...ticked]) });
  const all = el("button", { type: "button", class: "button", onclick: tickAll }, t("maimod.tick_all"));
  const fixes = el("div", { class: "row" }, apply, all);
  const element = el("div", { class: "stack tight" }, onApply ? fixes : null, empty, list);
  let shown = [];

  function show(suggestions) {
    shown = suggestions;
    empty.hidden = suggestions.length > 0;
    fill(list, suggestions.map(line));
    fixes.hidden = !ticked.size && !suggestions.some((each) => each.fix);
    tell();
  }

  function line(suggestion) {
    const item = el("li", { class: `suggestion severity-${suggestion.severity}`, "data-id": suggestion.id },
      el("div", { class: "row between" },
        el("div", { class: "row" }, where(suggestion), badge(suggestion)),
        suggestion.link ? el("a", { class: "small", href: suggestion.link, title: suggestion.timestamp }, t("maimod.editor")) : null),
      el("p", { lang: "en" }, suggestion.message),
      worstPlaces(suggestion),
      counted(suggestion),
      suggestion.fix && onApply ? fix(suggestion) : null);
    return item;
  }

  function where(suggestion) {
    if (suggestion.time_ms === null) return el("b", {}, t("maimod.whole_map"));
    return el("button", { type: "button", class: "button small mono jump", onclick: (event) => jump(event, suggestion) }, suggestion.timestamp);
  }

  function worstPlaces(suggestion) {
    if (!suggestion.places.length) return null;
    return el("div", { class: "row small" }, t("maimod.worst_places"), suggestion.places.map((place) =>
      el("button", { type: "button", class: "button small mono jump", onclick: (event) => jump(event, { ...suggestion, ...place }) }, place.timestamp)));
  }

  function jump(event, suggestion) {
    for (const other of list.children) other.removeAttribute("aria-current");
    event.currentTarget.closest("li").setAttribute("aria-current", "true");
    onJump(suggestion);
  }

  function fix(suggestion) {
    const tick = el("input", { type: "checkbox", onchange: () => {
      if (tick.checked) ticked.add(suggestion.id);
      else ticked.delete(suggestion.id);
      tell();
    } });
    tick.checked = ticked.has(suggestion.id);
    return el("label", { class: "row nowrap fix" }, tick, el("span", {}, t("maimod.fix"), " ", el("span", { lang: "en" }, suggestion.fix)));
  }

  function tickAll() {
    const fixable = shown.filter((each) => each.fix);
    const isAll = fixable.every((each) => ticked.has(each.id));
    for (const { id } of fixable) {
      if (isAll) ticked.delete(id);
      else ticked.add(id);
    }
    show(shown);
  }

  function tell() {
    apply.disabled = ticked.size === 0;
    apply.textContent = t("maimod.apply", { count: number(ticked.size) });
  }
  return { element, show };
}

function badge(suggestion) {
  return el("span", { class: "badge" }, [textOr(`maimod.severity.${suggestion.severity}`, suggestion.severity),
    textOr(`maimod.category.${suggestion.category}`, suggestion.category)].join(" · "));
}

function counted({ count }) {
  return count > 1 ? el("p", { class: "small muted" }, t("maimod.places", { count: number(count) })) : null;
}
