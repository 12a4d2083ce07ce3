// One canvas that shows one map at the time it is told.

import * as catching from "./catch.js";
import { FIELD } from "./colours.js";
import * as mania from "./mania.js";
import * as standard from "./standard.js";
import * as taiko from "./taiko.js";
import { Visible } from "./visible.js";

const MODES = [
  [standard.StandardField, standard.ASPECT],
  [taiko.TaikoField, taiko.ASPECT],
  [catching.CatchField, catching.ASPECT],
  [mania.ManiaField, mania.ASPECT],
];

export class Playfield {
  // map: what preview_of gives; isCalm: without motion that is only for show; onResize: something has to be drawn again.
  constructor(canvas, map, isCalm, onResize) {
    const [Field, aspect] = MODES[map.mode];
    this.canvas = canvas;
    this.map = map;
    this.visible = new Visible(map.objects);
    this.field = new Field(map, isCalm);
    canvas.style.aspectRatio = String(aspect);
    this.observer = new ResizeObserver(() => onResize());
    this.observer.observe(canvas);
  }

  draw(nowMs) {
    const size = fitted(this.canvas);
    const context = this.canvas.getContext("2d", { alpha: false });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = FIELD;
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (!size.width || !size.height) return;
    context.scale(size.pixelRatio, size.pixelRatio);
    if (isKiai(this.map, nowMs)) glow(context, size);
    this.field.draw(context, size, nowMs, this.visible);
  }

  destroy() {
    this.observer.disconnect();
  }
}

// Gives a canvas as many pixels as it has on screen: {width, height} in CSS pixels, pixelRatio.
export function fitted(canvas) {
  const width = canvas.clientWidth, height = canvas.clientHeight, pixelRatio = Math.min(3, window.devicePixelRatio || 1);
  const wanted = [Math.max(1, Math.round(width * pixelRatio)), Math.max(1, Math.round(height * pixelRatio))];
  if (canvas.width !== wanted[0]) canvas.width = wanted[0];
  if (canvas.height !== wanted[1]) canvas.height = wanted[1];
  return { width, height, pixelRatio };
}

export function isKiai(map, timeMs) {
  return map.kiai.some(([startMs, endMs]) => startMs <= timeMs && timeMs < endMs);
}

function glow(context, { width, height }) {
  const light = context.createLinearGradient(0, 0, 0, height);
  light.addColorStop(0, "rgba(255,209,102,0.10)");
  light.addColorStop(0.5, "rgba(255,209,102,0.02)");
  light.addColorStop(1, "rgba(255,209,102,0.08)");
  context.fillStyle = light;
  context.fillRect(0, 0, width, height);
}
