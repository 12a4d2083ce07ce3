// What a map is made from: a song, and perhaps a map that exists. Dropped, picked, or named by a path.

import { isLocal, post, upload } from "/static/api.js";
import { el, fill, newId } from "/static/dom.js";
import { number, t } from "/static/texts.js";
import { inPageWords } from "/static/generate/words.js";

const ACCEPTED = ".mp3,.ogg,.opus,.flac,.wav,.m4a,.aac,.osu,.osz";
const IS_MAP_PATH = /\.(osu|osz)$/i;

const SONG_TEXTS = { drop: "generate.drop_here", about: "generate.drop_about", demo: "generate.demo" };

/** The part of a form that takes files: {element, values(), given(), set(values), take(upload), error(sentence)}. `texts`: keys of
 * what to drop; with `all`, a mapset may be taken as a whole, and is at first; with `demo`, the demo song is offered.
 * `onMap()` is told of a map that was given. */
export function sources(onChange, texts = SONG_TEXTS, onMap = () => {}) {
  const given = { audio: null, map: null, maps: [], whole: null };
  const chosen = el("div", { class: "stack tight" });
  const errorLine = el("p", { class: "error bad", role: "alert", hidden: true });
  // What was wrong with a file stays until the next one is sent, whatever is said about options meanwhile.
  const refused = el("p", { class: "error bad", role: "alert", hidden: true });
  const bar = el("progress", { max: 1, value: 0, hidden: true, "aria-label": t("generate.sending") });
  const file = el("input", { type: "file", accept: ACCEPTED, multiple: true, class: "visually-hidden", tabindex: "-1",
    "aria-hidden": "true", onchange: () => { send([...file.files]); file.value = ""; } });
  const pick = el("button", { type: "button", class: "button primary", onclick: () => file.click() }, t("generate.choose_file"));
  const demo = texts.demo ? el("button", { type: "button", class: "button", onclick: takeDemo }, t(texts.demo)) : null;
  const zone = el("div", { class: "drop" },
    el("p", { class: "drop-title" }, t(texts.drop)),
    el("p", { class: "muted small" }, t(texts.about)),
    el("div", { class: "row" }, pick, demo), file, isLocal ? pathEntry() : null, bar);
  const element = el("div", { class: "stack tight" }, zone, chosen, refused, errorLine);

  for (const [name, is] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", is);
      if (name === "drop") send([...event.dataTransfer.files]);
    });
  }
  // A file that misses the zone must not replace the page.
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => event.preventDefault());

  function pathEntry() {
    const id = newId("path");
    const input = el("input", { id, type: "text", class: "grow", spellcheck: "false", autocomplete: "off", placeholder: t("generate.path_example") });
    const take = () => {
      const path = input.value.trim().replace(/^"(.*)"$/, "$1");
      if (!path) return;
      if (IS_MAP_PATH.test(path)) given.map = path;
      else given.audio = path;
      given.maps = [];
      input.value = "";
      if (given.map) onMap();
      changed();
    };
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); take(); } });
    return el("details", { class: "path" }, el("summary", { class: "muted small" }, t("generate.or_path")),
      el("div", { class: "row nowrap" }, el("label", { for: id, class: "visually-hidden" }, t("generate.path")), input,
        el("button", { type: "button", class: "button", onclick: take }, t("generate.take"))));
  }

  async function send(files) {
    refused.hidden = true;
    for (const each of files) {
      bar.hidden = false;
      try {
        const sent = await upload(each, (share) => { bar.value = share; });
        if (sent.kind === "picture") throw new Error(t("generate.picture_below"));
        take(sent);
      } catch (error) {
        refused.textContent = `${each.name}: ${error.message || t("shell.no_answer")}`;
        refused.hidden = false;
      }
      bar.hidden = true;
    }
    changed();
  }

  async function takeDemo() {
    refused.hidden = true;
    try {
      take(await post("/api/uploads/demo"));
      changed();
      pick.focus();
    } catch (error) {
      refused.textContent = error.message || t("shell.no_answer");
      refused.hidden = false;
    }
  }

  function take(sent) {
    if (sent.kind === "audio") given.audio = sent.ref;
    else {
      given.maps = sent.maps;
      given.whole = texts.all && sent.maps.length > 1 ? sent.ref : null;
      given.map = given.whole ?? sent.chosen ?? sent.maps[0]?.ref ?? null;
      if (sent.audio) given.audio = sent.audio;
      onMap();
    }
  }

  function changed() {
    draw();
    onChange();
  }

  function draw() {
    fill(chosen, given.audio ? line("generate.song", nameOf(given.audio), () => { given.audio = null; changed(); }) : null,
      given.map ? line("generate.map", mapChoice(), () => { given.map = null; given.maps = []; changed(); }) : null);
    if (demo) demo.hidden = Boolean(given.audio || given.map);
    zone.classList.toggle("small", Boolean(given.audio || given.map));
  }

  function mapChoice() {
    if (given.maps.length < 2) return nameOf(given.map);
    const refs = [...(given.whole ? [given.whole] : []), ...given.maps.map((each) => each.ref)];
    const select = el("select", { "aria-label": t("generate.which_map"), onchange: () => {
      given.map = refs[select.selectedIndex];
      onChange();
    } }, given.whole ? el("option", { selected: given.map === given.whole }, t(texts.all)) : null,
    given.maps.map((each) => el("option", { selected: each.ref.file === given.map.file },
      `${each.version} (${number(each.stars, 2)} ★)`)));
    return select;
  }

  function line(key, what, onRemove) {
    return el("div", { class: "source row nowrap" }, el("span", { class: "badge" }, t(key)),
      el("span", { class: "grow ellipsis" }, what),
      el("button", { type: "button", class: "button quiet small", onclick: onRemove }, t("generate.take_away")));
  }

  draw();
  return {
    element,
    focus: () => pick.focus(),
    values: () => ({ audio_path: given.audio ?? undefined, beatmap_path: given.map ?? undefined }),
    given: () => given,
    take(sent) {
      take(sent);
      changed();
    },
    set(values) {
      given.audio = values.audio_path ?? null;
      given.map = values.beatmap_path ?? null;
      given.maps = [];
      draw();
    },
    error(sentence) {
      errorLine.textContent = inPageWords(sentence) ?? "";
      errorLine.hidden = !sentence;
    },
  };
}

const nameOf = (value) => (typeof value === "object" ? value.file : String(value));
