// The player: playfields of one or several difficulties on one clock, the timeline, and the controls.

import { el } from "/static/dom.js";
import { SongClock } from "./clock.js";
import { Controls } from "./controls.js";
import { HitSounds } from "./hitsounds.js";
import { Panel } from "./panel.js";
import { Timeline } from "./timeline.js";

const STEP_MS = 1000, LONG_STEP_MS = 5000;
const MOST_SHOWN = 4;

// maps: [{name, version, previewUrl, audioUrl}], the audio of the first is heard; texts(key, values) -> string.
// Returns {seek(ms), play(), pause(), currentMs(), selectedSpan(), select(span), onSpan(callback), setMarkers(markers),
// ready (a promise of the loaded maps), destroy()}; spans are {startMs, endMs, map: name of the map whose sounds are heard} or null, markers {ms, severity}.
export function mountPlayer(element, { maps, texts }) {
  return new Player(element, maps, texts).handle();
}

class Player {
  constructor(element, maps, texts) {
    this.element = element;
    this.texts = texts;
    this.active = 0;
    this.spanWatchers = new Set();
    this.isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.clock = new SongClock(maps[0]?.audioUrl ?? null, 1000, () => this.#clockChanged());
    this.hitSounds = new HitSounds();
    this.panels = maps.map((map, index) => new Panel(map, texts, this.isCalm, () => this.#activate(index), () => this.#redraw()));
    this.controls = new Controls(this, texts);
    this.timeline = new Timeline(this.controls.timelineCanvas, {
      onSeek: (ms) => this.seek(ms),
      onSelect: (span, isFinal) => this.select(span, isFinal),
      onResize: () => this.#redraw(),
    });
    this.root = el("section", { class: "preview", tabindex: "0", "aria-label": texts("preview.player") },
      maps.length > 1 ? this.#choice() : null,
      this.stage = el("div", { class: "preview-stage" }, this.panels.map((panel) => panel.element)),
      this.controls.element);
    this.onKey = (event) => this.#key(event);
    document.addEventListener("keydown", this.onKey);
    element.replaceChildren(this.root);
    this.ready = this.#load();
  }

  handle() {
    return {
      seek: (ms) => this.seek(ms),
      play: () => this.play(),
      pause: () => this.clock.pause(),
      currentMs: () => this.clock.nowMs,
      selectedSpan: () => this.#span(),
      select: (span) => this.select(span, true),
      onSpan: (callback) => {
        this.spanWatchers.add(callback);
        return () => this.spanWatchers.delete(callback);
      },
      setMarkers: (markers) => {
        this.timeline.setMarkers(markers);
        this.#redraw();
      },
      ready: this.ready,
      destroy: () => this.#destroy(),
    };
  }

  seek(ms) {
    this.clock.seek(ms);
    this.hitSounds.restart(this.clock.nowMs);
  }

  play() {
    this.hitSounds.wake();
    this.hitSounds.restart(this.clock.nowMs);
    return this.clock.play();
  }

  toggle() {
    if (this.clock.isPlaying) this.clock.pause();
    else this.play();
  }

  setRate(rate) {
    this.clock.setRate(rate);
    this.hitSounds.restart(this.clock.nowMs);
  }

  // isFinal: false while a drag goes on, which is only shown.
  select(span, isFinal = true) {
    const ordered = span && span.endMs > span.startMs ? span : null;
    this.timeline.span = ordered;
    this.controls.showSpan(ordered);
    this.#redraw();
    if (isFinal) for (const callback of this.spanWatchers) callback(this.#span());
  }

  // Sets one end of the selection to the present time, the other where it was or, without any, a little away.
  selectEdge(isStart) {
    const now = Math.round(this.clock.nowMs), span = this.timeline.span;
    const startMs = isStart ? now : (span?.startMs ?? Math.max(0, now - LONG_STEP_MS));
    const endMs = isStart ? (span?.endMs ?? now + LONG_STEP_MS) : now;
    this.select({ startMs: Math.min(startMs, endMs), endMs: Math.min(Math.max(startMs, endMs), this.clock.lengthMs) });
  }

  #span() {
    return this.timeline.span && { ...this.timeline.span, map: this.panels[this.active].source.name };
  }

  // Which difficulties are side by side.
  #choice() {
    return el("div", { class: "row", role: "group", "aria-label": this.texts("preview.difficulties") }, this.panels.map((panel, index) => {
      const chip = el("button", { type: "button", class: "chip", onclick: () => this.#show(index, !panel.isShown) }, panel.title);
      panel.chip = chip;
      return chip;
    }));
  }

  async #show(index, isShown) {
    const shown = this.panels.filter((panel) => panel.isShown);
    if (!isShown && shown.length === 1) return;
    if (isShown && shown.length === MOST_SHOWN) shown.at(-1).element.hidden = true;
    this.panels[index].element.hidden = !isShown;
    this.#arrange();
    if (isShown) await this.panels[index].load();
    this.#activate(isShown ? index : this.panels.findIndex((panel) => panel.isShown));
  }

  #arrange() {
    this.stage.dataset.maps = String(this.panels.filter((panel) => panel.isShown).length);
    for (const panel of this.panels) panel.chip?.setAttribute("aria-pressed", String(panel.isShown));
  }

  async #load() {
    this.panels.slice(MOST_SHOWN).forEach((panel) => (panel.element.hidden = true));
    this.#arrange();
    const loaded = await Promise.all(this.panels.filter((panel) => panel.isShown).map((panel) => panel.load()));
    if (this.isDestroyed) return loaded;
    const longest = Math.max(1000, ...loaded.filter(Boolean).map((map) => map.song_ms));
    this.clock.lengthMs = Math.max(this.clock.lengthMs, longest);
    this.#activate(Math.max(0, loaded.findIndex(Boolean)));
    return loaded;
  }

  // The map whose sounds are heard and whose density the timeline shows.
  #activate(index) {
    this.active = index;
    this.panels.forEach((panel, place) => panel.setActive(place === index, this.panels.length > 1));
    const map = this.panels[index]?.map;
    if (!map) return;
    this.timeline.setMap(map, this.clock.lengthMs);
    this.controls.describe(map);
    this.hitSounds.setSounds(map.sounds, this.clock.nowMs);
    this.#redraw();
  }

  #clockChanged() {
    if (!this.controls) return;
    if (!this.clock.isPlaying) this.hitSounds.restart(this.clock.nowMs);
    if (this.timeline.map && this.timeline.lengthMs !== this.clock.lengthMs) {
      this.timeline.setMap(this.timeline.map, this.clock.lengthMs);
    }
    this.controls.showState();
    this.#redraw();
  }

  #redraw() {
    this.frame ??= requestAnimationFrame(() => this.#drawFrame());
  }

  #drawFrame() {
    this.frame = null;
    const now = this.clock.nowMs;
    for (const panel of this.panels) panel.draw(now);
    this.timeline.draw(now);
    this.controls.showTime(now);
    if (!this.clock.isPlaying) return;
    this.hitSounds.plan(now, this.clock.rate);
    this.#redraw();
  }

  #key(event) {
    const isOurs = this.root.contains(event.target);
    if (!isOurs && event.target !== document.body) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("select, [type=text], textarea")) return;
    const isSlider = event.target.closest?.("input:not(.preview-scrub)");
    const isPressed = event.key === " " && event.target.closest?.("button, a, summary, input:not(.preview-scrub)");
    const step = event.shiftKey ? LONG_STEP_MS : STEP_MS;
    const actions = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.seek(this.clock.nowMs - step),
      ArrowRight: () => this.seek(this.clock.nowMs + step),
      "[": () => this.selectEdge(true),
      "]": () => this.selectEdge(false),
      Escape: () => this.select(null),
    };
    if (!(event.key in actions) || isPressed || (isSlider && event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    actions[event.key]();
  }

  #destroy() {
    this.isDestroyed = true;
    document.removeEventListener("keydown", this.onKey);
    if (this.frame) cancelAnimationFrame(this.frame);
    this.clock.destroy();
    this.hitSounds.destroy();
    this.timeline.destroy();
    for (const panel of this.panels) panel.destroy();
    this.root.remove();
  }
}
