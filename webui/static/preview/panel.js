// One difficulty in the player: its name and its playfield.

import { el } from "/static/dom.js";
import { Playfield } from "./playfield.js";

export class Panel {
  // source: {name, version, previewUrl, stars}; the version is the name that players know.
  constructor(source, texts, isCalm, onActivate, onResize) {
    this.source = source;
    this.title = source.version || source.name;
    this.texts = texts;
    this.isCalm = isCalm;
    this.onResize = onResize;
    this.map = null;
    this.canvas = el("canvas", { class: "preview-field", role: "img", "aria-label": this.title });
    this.button = el("button", { class: "preview-name", type: "button", onclick: onActivate }, this.title);
    this.note = el("p", { class: "preview-note", role: "status" }, texts("preview.loading"));
    this.facts = el("span", { class: "preview-facts muted" });
    this.canvas.addEventListener("click", onActivate);
    this.element = el("figure", { class: "preview-panel" },
      el("figcaption", { class: "preview-caption" }, this.button, this.facts), this.canvas, this.note);
  }

  get isShown() {
    return !this.element.hidden;
  }

  // Resolves to the map, or to null where it cannot be had; the panel then says so. Loaded once.
  load() {
    this.loading ??= this.#load();
    return this.loading;
  }

  async #load() {
    try {
      const answer = await fetch(this.source.previewUrl);
      if (!answer.ok) throw new Error(String(answer.status));
      this.map = await answer.json();
      this.playfield = new Playfield(this.canvas, this.map, this.isCalm, this.onResize);
      this.note.remove();
      this.#describe();
    } catch {
      this.note.textContent = this.texts("preview.failed");
    }
    return this.map;
  }

  setActive(isActive, isChoice) {
    this.element.classList.toggle("active", isActive && isChoice);
    this.button.disabled = !isChoice;
    if (isChoice) this.button.setAttribute("aria-pressed", String(isActive));
  }

  draw(nowMs) {
    if (this.isShown) this.playfield?.draw(nowMs);
  }

  destroy() {
    this.playfield?.destroy();
  }

  #describe() {
    const { map, texts } = this;
    const stars = map.stars === null ? "" : `★ ${map.stars.toFixed(2)}`;
    this.facts.textContent = [stars, texts("preview.objects", { count: new Set(map.objects.map(({ object }) => object)).size })]
      .filter(Boolean).join(" · ");
    const about = { name: this.title, mode: map.mode_name, stars: map.stars ?? "–" };
    this.canvas.setAttribute("aria-label", texts("preview.field", about));
  }
}
