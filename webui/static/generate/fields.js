// One field for each kind of option. A field: {name, element, value(), set(value), error(sentence), suggest(value)}.
// A value is what the command line would get: text, a list, a reference to a file, or undefined where nothing is given.

import { upload } from "/static/api.js";
import { el, fill, newId } from "/static/dom.js";
import { t, textOr } from "/static/texts.js";
import { tagPicker } from "/static/generate/tags.js";
import { inPageWords, labelOf } from "/static/generate/words.js";

/** A field for an option of the form, with its label, explanation and a place for what is wrong with it. */
export function makeField(option, onChange) {
  const id = newId("field");
  const errorLine = el("p", { class: "error", id: `${id}-error`, role: "status", hidden: true });
  const offLine = el("p", { class: "about off-line", hidden: true });
  const explained = textOr(`help.${option.name}`, option.about);
  const about = el("p", { class: "about", id: `${id}-about`, hidden: !explained }, explained);
  const control = (CONTROLS[option.kind] ?? textControl)(option, onChange, id);
  const isGroup = control.isGroup;
  const label = isGroup
    ? el("span", { class: "label", id: `${id}-label` }, labelOf(option.name))
    : el("label", { for: id }, labelOf(option.name));
  const target = control.input ?? control.element;
  target.setAttribute("aria-describedby", `${id}-error ${id}-about`);
  if (isGroup) control.element.setAttribute("aria-labelledby", `${id}-label`);
  const inside = option.kind === "yes_no" && control.isCheck
    ? [el("div", { class: "row check" }, control.element, label)]
    : [label, control.element];
  const element = el("div", { class: `field kind-${option.kind}`, "data-option": option.name }, inside, offLine, errorLine, about);
  let isOff = false;
  return {
    name: option.name,
    option,
    element,
    value: control.value,
    set: control.set,
    suggest: control.suggest ?? (() => {}),
    isOff: () => isOff,
    /** Disables the field and says why; null enables it again. What was in it stays. */
    off(sentence) {
      isOff = Boolean(sentence);
      offLine.textContent = sentence ?? "";
      offLine.hidden = !isOff;
      about.hidden = isOff || !explained;
      element.classList.toggle("off", isOff);
      for (const part of element.querySelectorAll("input, select, button")) part.disabled = isOff;
    },
    focus: () => (control.input ?? control.element).focus(),
    error(sentence) {
      errorLine.textContent = inPageWords(sentence) ?? "";
      errorLine.hidden = !sentence;
      target.setAttribute("aria-invalid", sentence ? "true" : "false");
    },
  };
}

export const choiceOf = (option, choice) => textOr(`choice.${option}.${choice}`, choice);

function textControl(option, onChange, id) {
  const input = el("input", { id, type: "text", autocomplete: "off", spellcheck: "false", oninput: onChange });
  input.placeholder = option.default ?? textOr(`empty.${option.name}`, "");
  return {
    element: input,
    value: () => input.value.trim() || undefined,
    set: (value) => { input.value = shown(value); },
    suggest: (value) => { input.placeholder = shown(value ?? option.default ?? textOr(`empty.${option.name}`, "")); },
  };
}

function numberControl(option, onChange, id) {
  const control = textControl(option, onChange, id);
  const input = control.element;
  input.inputMode = option.kind === "whole_number" ? "numeric" : "decimal";
  input.classList.add("number");
  return { ...control, input };
}

function yesNoControl(option, onChange, id) {
  if (option.default === null) {
    return selectControl({ ...option, choices: ["true", "false"] }, onChange, id, "yes_no");
  }
  const input = el("input", { id, type: "checkbox", onchange: onChange });
  const byDefault = option.default === "true";
  input.checked = byDefault;
  return {
    element: input,
    isCheck: true,
    value: () => (input.checked === byDefault ? undefined : String(input.checked)),
    set: (value) => { input.checked = value === undefined ? byDefault : String(value) === "true"; },
  };
}

function selectControl(option, onChange, id, names = option.name) {
  const first = option.default === null ? el("option", { value: "" }, t("generate.by_itself")) : null;
  const input = el("select", { id, onchange: onChange }, first,
    option.choices.map((choice) => el("option", { value: choice }, choiceOf(names, choice))));
  const byDefault = option.default ?? "";
  input.value = byDefault;
  return {
    element: input,
    value: () => (input.value === byDefault ? undefined : input.value),
    set: (value) => { input.value = value === undefined ? byDefault : String(value); },
    suggest: (value) => {
      if (first) first.textContent = value === undefined ? t("generate.by_itself") : choiceOf(names, String(value));
    },
  };
}

/** Few choices side by side, one of them on. */
function modeControl(option, onChange, id) {
  let isChosen = false;
  const radios = option.choices.map((choice) => {
    const radio = el("input", { type: "radio", name: id, value: choice, class: "visually-hidden",
      onchange: () => { isChosen = true; onChange(); } });
    return { radio, label: el("label", { class: "segment" }, radio, el("span", {}, choiceOf(option.name, choice))) };
  });
  const element = el("div", { class: "segments", role: "radiogroup", id }, radios.map((each) => each.label));
  let suggested;
  const check = (value) => radios.forEach(({ radio }) => { radio.checked = radio.value === String(value ?? suggested ?? 0); });
  check();
  return {
    element,
    isGroup: true,
    value: () => (isChosen ? radios.find(({ radio }) => radio.checked)?.radio.value : undefined),
    set: (value) => { isChosen = value !== undefined; check(value); },
    suggest: (value) => { suggested = value; if (!isChosen) check(); },
  };
}

function listControl(option, onChange, id) {
  if (!option.choices.length) return textControl(option, onChange, id);
  const byDefault = listOf(option.default);
  const buttons = option.choices.map((choice) => el("button", {
    type: "button", class: "chip", "aria-pressed": "false", value: choice,
    onclick: (event) => { toggle(event.currentTarget); onChange(); },
  }, choiceOf("part", choice)));
  const press = (values) => buttons.forEach((button) => {
    button.setAttribute("aria-pressed", String(values.map((each) => each.toUpperCase()).includes(button.value.toUpperCase())));
  });
  const pressed = () => buttons.filter((button) => button.getAttribute("aria-pressed") === "true").map((button) => button.value);
  press(byDefault);
  return {
    element: el("div", { class: "row", role: "group", id }, buttons),
    isGroup: true,
    value: () => {
      const values = pressed();
      return values.join() === byDefault.join() || !values.length ? undefined : values;
    },
    set: (value) => press(value === undefined ? byDefault : listOf(value)),
  };
}

function toggle(button) {
  button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
}

function tagsControl(option, onChange, id) {
  const picker = tagPicker(id, onChange);
  return { ...picker, isGroup: false };
}

/** A path that can be typed, or a file that is sent. */
function pathControl(option, onChange, id) {
  const control = textControl(option, onChange, id);
  if (option.name !== "background") return control;
  let ref = null;
  const name = el("span", { class: "ellipsis grow" });
  const chosen = el("div", { class: "row", hidden: true }, name,
    el("button", { type: "button", class: "button quiet small", onclick: () => { choose(null); onChange(); } }, t("generate.take_away")));
  const file = el("input", { type: "file", accept: ".jpg,.jpeg,.png", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true",
    onchange: async () => {
      if (!file.files.length) return;
      try {
        const sent = await upload(file.files[0]);
        if (sent.kind !== "picture") throw new Error(t("generate.not_a_picture"));
        choose(sent.ref);
      } catch (error) {
        fill(name, error.message || t("shell.no_answer"));
        chosen.hidden = false;
      }
      file.value = "";
      onChange();
    } });
  const button = el("button", { type: "button", class: "button", onclick: () => file.click() }, t("generate.choose_picture"));
  function choose(value) {
    ref = value;
    fill(name, value?.file ?? "");
    chosen.hidden = !value;
    control.element.hidden = Boolean(value);
    button.hidden = Boolean(value);
  }
  return {
    element: el("div", { class: "row" }, chosen, control.element, button, file),
    input: control.element,
    value: () => ref ?? control.value(),
    set: (value) => {
      choose(value && typeof value === "object" ? value : null);
      control.set(typeof value === "object" ? undefined : value);
    },
    suggest: control.suggest,
  };
}

const CONTROLS = {
  number: numberControl,
  whole_number: numberControl,
  yes_no: yesNoControl,
  choice: (option, onChange, id) =>
    (option.name === "gamemode" ? modeControl : selectControl)(option, onChange, id),
  choices: listControl,
  user_tags: tagsControl,
  file: pathControl,
  text: textControl,
};

function listOf(value) {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : String(value).replace(/^\[|\]$/g, "").split(",").map((each) => each.trim()).filter(Boolean);
}

function shown(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join(" ");
  return typeof value === "number" ? String(Math.round(value * 1000) / 1000) : String(value);
}

