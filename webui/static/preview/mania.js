// osu!mania: columns from top to bottom. Speed is steady: what a mapper checks is when, not how it is scrolled.

import { FIELD_LINE, keyColour } from "./colours.js";
import { rounded } from "./shapes.js";

export const ASPECT = 4 / 3;
const WIDTH = 640, HEIGHT = 480, LINE_Y = 424;
const PX_PER_MS = 0.52;
const PRESSED_MS = 110;
const MAX_COLUMN_PX = 56, MAX_STAGE_PX = 520;

export class ManiaField {
  constructor(map) {
    this.map = map;
    this.columnPx = Math.min(MAX_COLUMN_PX, MAX_STAGE_PX / map.keys);
    this.left = (WIDTH - this.columnPx * map.keys) / 2;
  }

  draw(context, { width, height }, nowMs, visible) {
    const scale = Math.min(width / WIDTH, height / HEIGHT);
    context.translate((width - WIDTH * scale) / 2, (height - HEIGHT * scale) / 2);
    context.scale(scale, scale);
    const shown = visible.between(nowMs - PRESSED_MS, nowMs + LINE_Y / PX_PER_MS);
    this.#drawStage(context, nowMs);
    this.#drawPressed(context, shown, nowMs);
    context.save();
    context.beginPath();
    context.rect(this.left, 0, this.columnPx * this.map.keys, LINE_Y);
    context.clip();
    for (const note of shown) this.#drawNote(context, note, nowMs);
    context.restore();
    rounded(context, this.left, LINE_Y - 3, this.columnPx * this.map.keys, 6, 3, "#ff7aa8");
  }

  #drawStage(context, nowMs) {
    const width = this.columnPx * this.map.keys;
    context.fillStyle = "#1a1a25";
    context.fillRect(this.left, 0, width, HEIGHT);
    context.strokeStyle = FIELD_LINE;
    context.lineWidth = 1;
    context.beginPath();
    for (let column = 0; column <= this.map.keys; column++) {
      context.moveTo(this.left + column * this.columnPx, 0);
      context.lineTo(this.left + column * this.columnPx, HEIGHT);
    }
    for (const [timeMs] of this.map.bar_lines) {
      const y = rowY(timeMs, nowMs);
      if (y < 0 || y > LINE_Y) continue;
      context.moveTo(this.left, y);
      context.lineTo(this.left + width, y);
    }
    context.stroke();
  }

  // Light in the columns whose key is down.
  #drawPressed(context, shown, nowMs) {
    for (let column = 0; column < this.map.keys; column++) {
      const isDown = shown.some(
        (note) => note.column === column && note.time <= nowMs && nowMs < (note.end ?? note.time) + PRESSED_MS,
      );
      const x = this.left + column * this.columnPx;
      if (isDown) {
        const light = context.createLinearGradient(0, LINE_Y - 160, 0, LINE_Y);
        light.addColorStop(0, "rgba(255,255,255,0)");
        light.addColorStop(1, "rgba(255,255,255,0.22)");
        context.fillStyle = light;
        context.fillRect(x, LINE_Y - 160, this.columnPx, 160);
      }
      context.globalAlpha = isDown ? 1 : 0.35;
      const fill = keyColour(column, this.map.keys);
      rounded(context, x + 4, LINE_Y + 12, this.columnPx - 8, HEIGHT - LINE_Y - 20, 6, fill);
      context.globalAlpha = 1;
    }
  }

  #drawNote(context, note, nowMs) {
    const x = this.left + note.column * this.columnPx + 2, width = this.columnPx - 4;
    const fill = keyColour(note.column, this.map.keys);
    const isHeld = note.kind === "hold" && note.time <= nowMs;
    const bottom = isHeld ? LINE_Y : rowY(note.time, nowMs);
    if (note.kind === "hold") {
      const top = rowY(note.end, nowMs);
      context.globalAlpha = isHeld ? 0.75 : 0.5;
      rounded(context, x + width * 0.12, top, width * 0.76, Math.max(0, bottom - top), 5, fill);
      context.globalAlpha = 1;
      if (nowMs > note.end) return;
    } else if (note.time < nowMs) {
      return;
    }
    rounded(context, x, bottom - 14, width, 14, 4, fill);
  }
}

export function rowY(timeMs, nowMs) {
  return LINE_Y - (timeMs - nowMs) * PX_PER_MS;
}
