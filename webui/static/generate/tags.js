// A picker of descriptors: search in the table of tags, chips of what is chosen. Works with the keyboard as a combobox.

import { get } from "/static/api.js";
import { el, fill } from "/static/dom.js";
import { t } from "/static/texts.js";

const MAX_SHOWN = 60;
let allTags = null;

async function tagsOf(mode) {
  allTags ??= {};
  allTags[mode] ??= await get(`/api/tags?mode=${mode}`);
  return allTags[mode];
}

let currentMode = 0;
let known = null;
const searches = new Set();

/** Sets for which mode tags are offered, and which of them the model knows; null: all. */
export function offerTagsOf(mode, names) {
  currentMode = mode;
  known = names && new Set(names);
  for (const search of searches) search();
}

/** A field of tags, whose value is a list of their full names. */
export function tagPicker(id, onChange) {
  const chosen = [];
  let found = [];
  let active = -1;
  const chips = el("div", { class: "row" });
  const list = el("ul", { class: "options", id: `${id}-list`, role: "listbox", hidden: true });
  const input = el("input", {
    id, type: "text", role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-controls": `${id}-list`,
    "aria-autocomplete": "list", placeholder: t("generate.search_tags"),
    oninput: search, onfocus: search, onblur: () => setTimeout(close, 150), onkeydown: press,
  });
  const element = el("div", { class: "tags" }, chips, input, list);
  searches.add(() => { if (document.activeElement === input) search(); });

  async function search() {
    const tags = await tagsOf(currentMode);
    // Read after the wait: an earlier search may be answered later.
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = tags.filter((tag) => (!known || known.has(tag.full_name)) && !chosen.includes(tag.full_name)
      && words.every((word) => `${tag.full_name} ${tag.description}`.toLowerCase().includes(word))).slice(0, MAX_SHOWN);
    active = words.length && found.length ? 0 : -1;
    if (document.activeElement === input) show();
  }

  function show() {
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(Boolean(found.length)));
    fill(list, found.map((tag, index) => el("li", {
      role: "option", id: `${id}-option-${index}`, "aria-selected": String(index === active),
      onmousedown: (event) => { event.preventDefault(); take(tag); },
    }, el("b", {}, tag.name), el("span", { class: "badge" }, tag.group), el("span", { class: "muted small", lang: "en" }, tag.description))));
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", `${id}-option-${active}`);
      list.children[active]?.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }

  function press(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) { search(); return; }
      active = (active + (event.key === "ArrowDown" ? 1 : -1) + found.length) % Math.max(1, found.length);
      show();
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      event.preventDefault();
      take(found[active]);
    } else if (event.key === "Escape") close();
    else if (event.key === "Backspace" && !input.value && chosen.length) drop(chosen.at(-1));
  }

  function take(tag) {
    chosen.push(tag.full_name);
    input.value = "";
    close();
    changed();
  }

  function drop(name) {
    chosen.splice(chosen.indexOf(name), 1);
    changed();
    input.focus();
    close();
  }

  function changed() {
    draw();
    onChange();
  }

  function draw() {
    fill(chips, chosen.map((name) => el("button", {
      type: "button", class: "chip", "aria-label": t("generate.remove_tag", { tag: name }), onclick: () => drop(name),
    }, name.split("/").at(-1), el("span", { "aria-hidden": "true" }, "×"))));
    chips.hidden = !chosen.length;
  }

  draw();
  return {
    element,
    input,
    value: () => (chosen.length ? [...chosen] : undefined),
    set: (value) => {
      const names = value === undefined ? [] : Array.isArray(value) ? value : String(value).replace(/^\[|\]$/g, "").split(",");
      chosen.splice(0, chosen.length, ...names.map((name) => name.trim()).filter(Boolean));
      draw();
    },
  };
}
