// One difficulty in the player: its name and its playfield.

import { el } from "/static/dom.js";
import { Playfield } from "./playfield.js";

export class Panel {
  // source: {name, previewUrl, stars}
  constructor(source, texts, isCalm, onActivate, onResize) {
    this.source = source;
    this.texts = texts;
    this.isCalm = isCalm;
    this.onResize = onResize;
    this.map = null;
    this.canvas = el("canvas", { class: "preview-field", role: "img", "aria-label": source.name });
    this.button = el("button", { class: "preview-name", type: "button", onclick: onActivate }, source.name);
    this.note = el("p", { class: "preview-note", role: "status" }, texts("preview.loading"));
    this.facts = el("span", { class: "preview-facts muted" });
    this.canvas.addEventListener("click", onActivate);
    this.element = el("figure", { class: "preview-panel" },
      el("figcaption", { class: "preview-caption" }, this.button, this.facts), this.canvas, this.note);
  }

  // Resolves to the map, or to null where it cannot be had; the panel then says so.
  async load() {
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
    this.playfield?.draw(nowMs);
  }

  destroy() {
    this.playfield?.destroy();
  }

  #describe() {
    const { map, texts } = this;
    const stars = map.stars === null ? "" : `★ ${map.stars.toFixed(2)}`;
    this.facts.textContent = [stars, texts("preview.objects", { count: new Set(map.objects.map(({ object }) => object)).size })]
      .filter(Boolean).join(" · ");
    const about = { name: this.source.name, mode: map.mode_name, stars: map.stars ?? "–" };
    this.canvas.setAttribute("aria-label", texts("preview.field", about));
  }
}
