// osu!taiko: notes on one lane, from right to left onto the drum.

import { DENDEN, DON, FIELD_LINE, KAT, ROLL } from "./colours.js";
import { disc, ring, rounded } from "./shapes.js";

export const ASPECT = 16 / 5;
const WIDTH = 800, HEIGHT = 250, TARGET_X = 130, LANE_Y = 125, LANE_HEIGHT = 150;
const RADIUS = 33, BIG = 1.5;
const PX_PER_SCROLL = 1.5;
const SLOWEST = 0.05;
const HIT_MS = 180;
const FILLS = { don: DON, kat: KAT, roll: ROLL, denden: DENDEN };

export class TaikoField {
  constructor(map, isCalm) {
    this.map = map;
    this.isCalm = isCalm;
    const slowest = Math.min(...map.objects.slice(0, 50_000).map(({ scroll }) => scroll), 1);
    this.aheadMs = WIDTH / (Math.max(SLOWEST, slowest) * PX_PER_SCROLL);
  }

  draw(context, { width, height }, nowMs, visible) {
    const scale = Math.min(width / WIDTH, height / HEIGHT);
    context.translate((width - WIDTH * scale) / 2, (height - HEIGHT * scale) / 2);
    context.scale(scale, scale);
    context.fillStyle = "#1d1d29";
    context.fillRect(-WIDTH, LANE_Y - LANE_HEIGHT / 2, 3 * WIDTH, LANE_HEIGHT);
    this.#drawBarLines(context, nowMs);
    disc(context, TARGET_X, LANE_Y, RADIUS * BIG, "rgba(255,255,255,0.06)");
    ring(context, TARGET_X, LANE_Y, RADIUS * BIG, 2, "rgba(255,255,255,0.35)");
    ring(context, TARGET_X, LANE_Y, RADIUS, 2, "rgba(255,255,255,0.55)");
    const shown = visible.between(nowMs - HIT_MS, nowMs + this.aheadMs);
    for (const note of shown.toReversed()) this.#drawNote(context, note, nowMs);
    context.globalAlpha = 1;
  }

  #drawBarLines(context, nowMs) {
    context.strokeStyle = FIELD_LINE;
    context.lineWidth = 2;
    context.beginPath();
    for (const [timeMs, scroll] of this.map.bar_lines) {
      const x = laneX(timeMs, scroll, nowMs);
      if (x < TARGET_X || x > WIDTH) continue;
      context.moveTo(x, LANE_Y - LANE_HEIGHT / 2);
      context.lineTo(x, LANE_Y + LANE_HEIGHT / 2);
    }
    context.stroke();
  }

  #drawNote(context, note, nowMs) {
    const radius = RADIUS * (note.big ? BIG : 1), fill = FILLS[note.kind];
    const x = laneX(note.time, note.scroll, nowMs);
    if (x > WIDTH + radius) return;
    context.globalAlpha = 1;
    if (note.kind === "roll") return this.#drawRoll(context, note, x, radius, nowMs);
    if (note.kind === "denden") return this.#drawDenden(context, note, x, nowMs);
    const since = nowMs - note.time;
    if (since > 0) {
      // A hit note flies up, as in the game; without motion it only fades.
      context.globalAlpha = Math.max(0, 1 - since / HIT_MS);
      const up = this.isCalm ? 0 : (since / HIT_MS) * 90;
      return drum(context, TARGET_X, LANE_Y - up, radius, fill);
    }
    drum(context, x, LANE_Y, radius, fill);
  }

  #drawRoll(context, roll, x, radius, nowMs) {
    const end = laneX(roll.end, roll.scroll, nowMs), start = Math.max(TARGET_X, x);
    if (end < TARGET_X) return;
    rounded(context, start - radius, LANE_Y - radius, end - start + 2 * radius, 2 * radius, radius, "#ffffff");
    const inner = radius * 0.9;
    rounded(context, start - inner, LANE_Y - inner, end - start + 2 * inner, 2 * inner, inner, ROLL);
    drum(context, start, LANE_Y, radius, ROLL);
  }

  #drawDenden(context, denden, x, nowMs) {
    if (nowMs > denden.end) return;
    const place = Math.max(TARGET_X, x);
    if (nowMs >= denden.time) {
      const left = (denden.end - nowMs) / Math.max(1, denden.end - denden.time);
      ring(context, place, LANE_Y, RADIUS * (1 + 1.6 * left), 3, "rgba(255,255,255,0.6)");
    }
    drum(context, place, LANE_Y, RADIUS * 1.15, DENDEN);
  }
}

export function laneX(timeMs, scroll, nowMs) {
  return TARGET_X + (timeMs - nowMs) * Math.max(SLOWEST, scroll) * PX_PER_SCROLL;
}

function drum(context, x, y, radius, fill) {
  disc(context, x, y, radius, "#ffffff");
  disc(context, x, y, radius * 0.86, fill);
  ring(context, x, y, radius * 0.5, radius * 0.08, "rgba(255,255,255,0.45)");
}
