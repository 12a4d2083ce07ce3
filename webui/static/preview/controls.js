// What is below the playfields: timeline, position, play and pause, speed, volumes, selection.

import { el } from "/static/dom.js";
import { legend } from "./legend.js";

const RATES = [0.25, 0.5, 0.75, 1, 1.25, 1.5];
const SHOWN_EVERY_MS = 80;
const VOLUMES = { music: 0.7, hits: 0.6 };

export class Controls {
  constructor(player, texts) {
    this.player = player;
    this.texts = texts;
    this.shownMs = -Infinity;
    this.timelineCanvas = el("canvas", { class: "preview-timeline", role: "img", title: texts("preview.timeline_help") });
    this.scrub = el("input", {
      type: "range", class: "preview-scrub", min: 0, max: 1000, step: 1, value: 0, "aria-label": texts("preview.position"),
      oninput: () => player.seek(Number(this.scrub.value)),
    });
    this.playButton = el("button", { type: "button", class: "button primary preview-play", onclick: () => player.toggle() });
    this.time = el("span", { class: "preview-time" });
    this.span = el("span", { class: "preview-span" });
    this.clear = el("button", { type: "button", class: "button quiet small", onclick: () => player.select(null) }, texts("preview.clear_span"));
    this.silent = el("span", { class: "badge", hidden: true, role: "status" }, texts("preview.silent"));
    this.legend = legend(texts);
    this.element = el("div", { class: "preview-controls" },
      this.timelineCanvas, this.scrub,
      el("div", { class: "row" }, this.playButton, this.time, this.#rate(), this.#volume("music"), this.#volume("hits"), this.silent, this.#fullScreen()),
      el("div", { class: "row preview-selection" },
        this.#edge(true), this.#edge(false), this.span, this.clear),
      this.legend.element);
    player.clock.setVolume(VOLUMES.music);
    player.hitSounds.setVolume(VOLUMES.hits);
    this.showState();
    this.showSpan(null);
  }

  // map: whose density and strain the timeline shows.
  describe(map) {
    const about = { skills: Object.keys(map.strain.skills).join(", ") || "–", kiai: map.kiai.length };
    this.timelineCanvas.setAttribute("aria-label", this.texts("preview.timeline", about));
    this.legend.show(map);
  }

  showState() {
    const { clock } = this.player;
    this.playButton.textContent = clock.isPlaying ? "❚❚" : "▶";
    this.playButton.setAttribute("aria-label", this.texts(clock.isPlaying ? "preview.pause" : "preview.play"));
    this.scrub.max = Math.round(clock.lengthMs);
    this.silent.hidden = !clock.isSilent;
    this.shownMs = -Infinity;
  }

  showTime(nowMs) {
    if (Math.abs(nowMs - this.shownMs) < SHOWN_EVERY_MS && this.player.clock.isPlaying) return;
    this.shownMs = nowMs;
    this.scrub.value = Math.round(nowMs);
    const spoken = `${clockText(nowMs)} / ${clockText(this.player.clock.lengthMs)}`;
    this.scrub.setAttribute("aria-valuetext", spoken);
    this.time.textContent = spoken;
  }

  showSpan(span) {
    this.clear.hidden = !span;
    this.span.textContent = span
      ? this.texts("preview.span", { start: clockText(span.startMs), end: clockText(span.endMs) })
      : this.texts("preview.no_span");
  }

  #rate() {
    const select = el("select", { class: "quiet", "aria-label": this.texts("preview.rate"), onchange: () => this.player.setRate(Number(select.value)) },
      RATES.map((rate) => el("option", { value: rate, selected: rate === 1 }, `${rate}×`)));
    return select;
  }

  // Null where the browser has no full screen, as on some phones.
  #fullScreen() {
    if (!document.fullscreenEnabled) return null;
    return el("button", { type: "button", class: "button small", onclick: () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else this.element.closest(".preview").requestFullscreen();
    } }, this.texts("preview.full_screen"));
  }

  #volume(which) {
    const target = which === "music" ? this.player.clock : this.player.hitSounds;
    const slider = el("input", {
      type: "range", min: 0, max: 100, value: VOLUMES[which] * 100,
      oninput: () => target.setVolume(slider.value / 100),
    });
    return el("label", { class: "preview-volume" }, el("span", {}, this.texts(`preview.volume_${which}`)), slider);
  }

  #edge(isStart) {
    const key = isStart ? "preview.span_start" : "preview.span_end";
    return el("button", { type: "button", class: "button small", title: isStart ? "[" : "]", onclick: () => this.player.selectEdge(isStart) },
      this.texts(key));
  }
}

// m:ss.d
export function clockText(ms) {
  const tenths = Math.floor(Math.max(0, ms) / 100);
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}
