// The whole song on one strip: how dense and how hard it is, kiai and breaks, where it plays and what is selected.

import { fitted } from "./playfield.js";

const STRAIN_COLOURS = ["#ff7aa8", "#6fc3ff", "#8be28b"];
const SEVERITY_COLOURS = { problem: "#ff5c5c", warning: "#ffb347", certain: "#ff5c5c", likely: "#ff7aa8", possible: "#6fc3ff" };
const KIAI_COLOUR = "#ffd166";
const SMALLEST_DRAG_PX = 5;

export class Timeline {
  // onSeek(ms), onSelect({startMs, endMs} or null), onResize()
  constructor(canvas, { onSeek, onSelect, onResize }) {
    this.canvas = canvas;
    this.map = null;
    this.lengthMs = 1000;
    this.span = null;
    this.markers = [];
    this.ground = null;
    this.callbacks = { onSeek, onSelect };
    this.observer = new ResizeObserver(() => this.#changed(onResize));
    this.observer.observe(canvas);
    this.isDark = window.matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => this.#changed(onResize);
    this.isDark.addEventListener("change", this.onScheme);
    this.#listen();
  }

  setMap(map, lengthMs) {
    this.map = map;
    this.lengthMs = Math.max(1000, lengthMs);
    this.ground = null;
  }

  // [{ms, severity}]
  setMarkers(markers) {
    this.markers = markers;
    this.ground = null;
  }

  draw(nowMs) {
    if (!this.map) return;
    const size = fitted(this.canvas);
    if (!size.width) return;
    this.ground ??= this.#drawnGround(size);
    const context = this.canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.ground, 0, 0);
    context.scale(size.pixelRatio, size.pixelRatio);
    if (this.span) this.#drawSpan(context, size);
    const x = this.#x(nowMs, size);
    context.fillStyle = theme(this.canvas).color;
    context.fillRect(x - 1, 0, 2, size.height);
    context.beginPath();
    context.arc(x, 4, 4, 0, 2 * Math.PI);
    context.fill();
  }

  destroy() {
    this.observer.disconnect();
    this.isDark.removeEventListener("change", this.onScheme);
  }

  #changed(onResize) {
    this.ground = null;
    onResize();
  }

  // What does not move is drawn once.
  #drawnGround(size) {
    const image = document.createElement("canvas");
    image.width = this.canvas.width;
    image.height = this.canvas.height;
    const context = image.getContext("2d");
    context.scale(size.pixelRatio, size.pixelRatio);
    this.#drawSpans(context, size, this.map.kiai, KIAI_COLOUR, 0.22);
    this.#drawSpans(context, size, this.map.breaks, theme(this.canvas).textDecorationColor, 0.18);
    this.#drawDensity(context, size);
    this.#drawStrains(context, size);
    this.#drawMarkers(context, size);
    return image;
  }

  #drawSpans(context, size, spans, fill, alpha) {
    context.fillStyle = fill;
    for (const [startMs, endMs] of spans) {
      const left = this.#x(startMs, size), width = Math.max(1, this.#x(endMs, size) - left);
      context.globalAlpha = alpha;
      context.fillRect(left, 0, width, size.height);
      context.globalAlpha = 0.9;
      context.fillRect(left, size.height - 3, width, 3);
    }
    context.globalAlpha = 1;
  }

  #drawDensity(context, size) {
    const highest = Math.max(1, ...this.map.density);
    context.fillStyle = theme(this.canvas).textDecorationColor;
    context.globalAlpha = 0.45;
    this.map.density.forEach((count, second) => {
      const left = this.#x(second * 1000, size), height = (count / highest) * (size.height - 8);
      const width = Math.max(1, this.#x((second + 1) * 1000, size) - left - 0.6);
      context.fillRect(left, size.height - 4 - height, width, height);
    });
    context.globalAlpha = 1;
  }

  #drawStrains(context, size) {
    const { start_ms: startMs, section_ms: sectionMs, skills } = this.map.strain;
    context.lineWidth = 1.5;
    context.lineJoin = "round";
    Object.values(skills).forEach((curve, skill) => {
      context.strokeStyle = STRAIN_COLOURS[skill % STRAIN_COLOURS.length];
      context.globalAlpha = 0.9;
      context.beginPath();
      curve.forEach((share, section) => {
        const x = this.#x(startMs + (section + 0.5) * sectionMs, size), y = size.height - 4 - share * (size.height - 10);
        if (section) context.lineTo(x, y);
        else context.moveTo(x, y);
      });
      context.stroke();
    });
    context.globalAlpha = 1;
  }

  #drawMarkers(context, size) {
    for (const { ms, severity } of this.markers) {
      context.fillStyle = SEVERITY_COLOURS[severity] ?? SEVERITY_COLOURS.possible;
      const x = this.#x(ms, size);
      context.beginPath();
      context.moveTo(x - 3.5, 0);
      context.lineTo(x + 3.5, 0);
      context.lineTo(x, 7);
      context.fill();
    }
  }

  #drawSpan(context, size) {
    const left = this.#x(this.span.startMs, size), width = Math.max(2, this.#x(this.span.endMs, size) - left);
    context.fillStyle = theme(this.canvas).caretColor;
    context.globalAlpha = 0.3;
    context.fillRect(left, 0, width, size.height);
    context.globalAlpha = 1;
    context.fillRect(left - 1, 0, 2, size.height);
    context.fillRect(left + width - 1, 0, 2, size.height);
  }

  #listen() {
    let from = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      from = event.offsetX;
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (from === null || Math.abs(event.offsetX - from) < SMALLEST_DRAG_PX) return;
      const times = [this.#ms(from), this.#ms(event.offsetX)].sort((a, b) => a - b);
      this.callbacks.onSelect({ startMs: times[0], endMs: times[1] }, false);
    });
    this.canvas.addEventListener("pointerup", (event) => {
      if (from === null) return;
      if (Math.abs(event.offsetX - from) < SMALLEST_DRAG_PX) this.callbacks.onSeek(this.#ms(event.offsetX));
      else this.callbacks.onSelect(this.span, true);
      from = null;
    });
    this.canvas.addEventListener("pointercancel", () => (from = null));
  }

  #x(timeMs, size) {
    return (timeMs / this.lengthMs) * size.width;
  }

  #ms(x) {
    return Math.round((Math.min(Math.max(0, x), this.canvas.clientWidth) / this.canvas.clientWidth) * this.lengthMs);
  }
}

// The colours of the page's theme, see preview.css.
const theme = (canvas) => getComputedStyle(canvas);
