// The form: every option of a generation, checked while it is filled in, and the command that does the same.

import { get, post } from "/static/api.js";
import { copyButton } from "/static/copy.js";
import { afterPause, el } from "/static/dom.js";
import { t, textOr } from "/static/texts.js";
import { makeField } from "/static/generate/fields.js";
import { levelChips } from "/static/generate/levels.js";
import { presetBar } from "/static/generate/presets.js";
import { sources } from "/static/generate/sources.js";
import { offerTagsOf } from "/static/generate/tags.js";
import { REVIEW_SOURCE, taskChips } from "/static/generate/tasks.js";
import { timingStep } from "/static/generate/timing_step.js";
import { inPageWords } from "/static/generate/words.js";

const SOURCE_OPTIONS = ["audio_path", "beatmap_path"];
const NAME_OPTIONS = ["title", "artist"];
const STAR_OPTIONS = ["difficulty", "difficulties"];
const CHECK_PAUSE_MS = 300;
const DRAFT_KEY = "generate-draft";

/** The form of a generation: {element, write(options, parent)}. `onOrdered(job)` is told of each job. */
export async function generateForm(onOrdered) {
  const groups = await get("/api/form?program=generate");
  const check = afterPause(checkNow, CHECK_PAUSE_MS);
  const fields = new Map();
  const source = sources(changed, undefined, () => tasks.choose("difficulty"));
  const sections = groups.map(section).filter(Boolean);
  const tasks = taskChips({ fields, onChange: changed, onPart: choosePart, onReview: review });
  const timing = timingStep(changed, () => element.requestSubmit());
  const names = nameFields(fields);
  const levels = levelChips({ single: fields.get("difficulty"), several: fields.get("difficulties"), onChange: starsChosen });
  placeLevels(fields.get("difficulty").element, levels);
  const basics = el("div", { class: "fields" });
  basics.append(...[...fields.values()].filter((field) => field.option.basic !== null)
    .sort((one, other) => one.option.basic - other.option.basic).map((field) => field.element));

  const problem = el("p", { class: "bad", role: "alert", hidden: true });
  const start = el("button", { type: "submit", class: "button primary large" }, t("generate.start"));
  const command = el("code", { class: "grow command" });
  const copy = copyButton(t("shell.copy"), () => command.textContent);
  const more = el("details", { class: "more" }, el("summary", {}, t("generate.more")),
    el("div", { class: "stack" }, presetBar(lasting, write), sections));
  const element = el("form", { class: "card stack", novalidate: true, onsubmit: order },
    el("h1", {}, t("generate.heading")), source.element, tasks.element, timing.element, names.element, basics, more, problem,
    el("div", { class: "row" }, start,
      el("button", { type: "button", class: "button quiet", onclick: startOver }, t("generate.clear"))),
    el("details", { class: "small" }, el("summary", { class: "muted" }, t("generate.command")),
      el("div", { class: "row nowrap" }, command, copy)));
  let round = 0;
  fields.get("difficulty").element.addEventListener("input", () => {
    // Before the field itself tells of its change.
    if (fields.get("difficulty").value()) fields.get("difficulties").set(undefined);
  }, true);

  function section(group) {
    const own = group.options.filter((option) => !SOURCE_OPTIONS.includes(option.name)).map((option) => {
      const field = makeField(option, changed);
      fields.set(option.name, field);
      return field;
    });
    const rest = own.filter((field) => field.option.basic === null);
    if (!rest.length) return null;
    return el("details", { class: "group", "data-group": group.key }, el("summary", {}, textOr(`group.${group.key}`, group.heading)),
      el("div", { class: "fields" }, rest.map((field) => field.element)));
  }

  function options() {
    const found = { ...source.values() };
    for (const [name, field] of fields) if (!field.element.hidden && !field.isOff()) found[name] = field.value();
    Object.assign(found, timing.options());
    return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  }

  /** What a preset keeps: not the files of this song, and not its timing. */
  function lasting() {
    return Object.fromEntries(Object.entries(withoutTiming(options())).filter(([name, value]) =>
    !SOURCE_OPTIONS.includes(name) && (typeof value !== "object" || Array.isArray(value))));
  }

  /** Puts options into the form; the song stays, unless they have one. */
  function write(written) {
    const values = withoutTiming(written);
    for (const [name, field] of fields) field.set(values[name]);
    if (SOURCE_OPTIONS.some((name) => name in values)) source.set(values);
    starsChosen();
  }

  /** Opens the fields of the span that is to be made anew. */
  function choosePart() {
    const field = fields.get("start_time");
    for (let place = field.element; place; place = place.parentElement?.closest("details")) place.open = true;
    field.focus();
  }

  /** Takes the map over to the page that reviews. */
  function review() {
    const { audio, map, maps } = source.given();
    sessionStorage.setItem(REVIEW_SOURCE, JSON.stringify({ audio, map, maps }));
    location.assign("/mai-mod");
  }

  function startOver() {
    write({});
    say(null);
    source.focus();
  }

  /** What the stars exclude is not known before the next check, so their own fields count until then. */
  function starsChosen() {
    withoutUse = withoutUse.filter((name) => !STAR_OPTIONS.includes(name));
    changed();
  }

  let suggestedMode = 0;
  let withoutUse = [];
  let model = null;

  function changed() {
    // A check that is still to be answered is one of other options.
    round += 1;
    const mode = Number(fields.get("gamemode").value() ?? suggestedMode);
    offerTagsOf(mode, model?.tags ?? null);
    const { audio_path: audio, beatmap_path: map } = source.values();
    tasks.draw(Boolean(map));
    timing.offer(map ? null : audio ?? null);
    levels.offer(mode);
    levels.draw();
    for (const field of fields.values()) {
      field.element.hidden = !field.option.modes.includes(mode) || withoutUse.includes(field.name);
      field.off(model?.unknown.includes(field.name) ? t(model.is_bundled ? "generate.unknown_to_bundled" : "generate.unknown_to", { model: model.name }) : null);
    }
    for (const group of sections) {
      group.hidden = ![...group.querySelectorAll(".field")].some((each) => !each.hidden);
    }
    sessionStorage.setItem(DRAFT_KEY, JSON.stringify(options()));
    check();
  }

  async function checkNow() {
    const own = round;
    const values = options();
    try {
      const answer = await post("/api/check", { kind: "generate", options: values });
      if (own === round) show(answer, values);
    } catch (error) {
      if (own === round) say(error.message || t("shell.no_answer"));
    }
  }

  function show(answer, values) {
    command.textContent = answer.command;
    const hasSource = values.audio_path || values.beatmap_path;
    for (const [name, field] of fields) {
      field.error(answer.errors[name]);
      field.suggest(answer.filled[name] ?? answer.missing_names[name]);
    }
    names.ask(Object.keys(answer.missing_names));
    const mode = answer.filled.gamemode ?? 0;
    const isNewModel = JSON.stringify(model) !== JSON.stringify(answer.model);
    if (mode !== suggestedMode || isNewModel || withoutUse.join() !== answer.without_use.join()) {
      suggestedMode = mode;
      withoutUse = answer.without_use;
      model = answer.model;
      changed();
    }
    const isOtherTiming = !answer.problem && timing.show(values.audio_path && !source.values().beatmap_path ? answer.timing : null);
    // What is missing at first is no mistake of anybody's.
    source.error(hasSource ? answer.errors.audio_path ?? answer.errors.beatmap_path : null);
    const elsewhere = answer.problem && !Object.keys(answer.errors).some((name) => fields.has(name) || SOURCE_OPTIONS.includes(name));
    say(elsewhere ? answer.problem : hiddenErrors(answer.errors));
    if (isOtherTiming) changed();
    start.disabled = isOtherTiming || !hasSource || Boolean(answer.problem) || Object.keys(answer.errors).length > 0;
  }

  /** Mistakes in fields that are folded away must be seen too. */
  function hiddenErrors(errors) {
    const hidden = Object.keys(errors).filter((name) => fields.get(name)?.element.closest("details:not([open])"));
    return hidden.map((name) => inPageWords(errors[name])).join(" ");
  }

  function say(sentence) {
    problem.textContent = inPageWords(sentence) ?? "";
    problem.hidden = !sentence;
  }

  async function order(event) {
    event.preventDefault();
    start.disabled = true;
    try {
      onOrdered(await post("/api/jobs", { kind: "generate", options: options() }));
      say(null);
    } catch (error) {
      say(t("shell.failed", { reason: inPageWords(error.message) || t("shell.no_answer") }));
      fields.get(error.option)?.focus();
    }
    start.disabled = false;
  }

  write(draft());
  return { element, write };
}

/** Chips of levels in the field of the star rating, before its number. */
function placeLevels(field, levels) {
  const input = field.querySelector("input");
  const row = el("div", { class: "row" });
  input.before(row);
  row.append(levels.element, input);
  row.after(levels.said);
}

/** Fields of the song's names, which stand with the song as long as it lacks them: {element, ask(names)}. */
function nameFields(fields) {
  const homes = new Map();
  const place = el("div", { class: "fields" });
  const element = el("div", { class: "stack tight asked", hidden: true }, el("p", { class: "small warn" }, t("generate.asks_names")), place);
  let asked = [];

  function ask(names) {
    if (names.join() === asked.join()) return;
    asked = names;
    for (const name of NAME_OPTIONS) {
      const field = fields.get(name).element;
      if (!homes.has(name)) {
        homes.set(name, document.createComment(name));
        field.before(homes.get(name));
      }
      if (asked.includes(name)) place.append(field);
      else homes.get(name).after(field);
    }
    element.hidden = !asked.length;
  }
  return { element, ask };
}

/** Options without the timing that is kept for the song: it is found again by the song. */
function withoutTiming(options) {
  if (!options.beatmap_path?.timing) return options;
  const { beatmap_path: _, in_context: __, ...rest } = options;
  return rest;
}

/** What was in the form when the page was left. */
function draft() {
  try {
    return JSON.parse(sessionStorage.getItem(DRAFT_KEY)) ?? {};
  } catch {
    return {};
  }
}
