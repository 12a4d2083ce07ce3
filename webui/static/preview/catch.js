// osu!catch: fruit that falls onto the line of the catcher, which moves as one that catches everything would.

import { BANANA, FIELD_LINE, HYPER, colourOf, css, shaded } from "./colours.js";
import { disc, ring, rounded } from "./shapes.js";
import { firstWhere } from "./visible.js";

export const ASPECT = 4 / 3;
const WIDTH = 640, HEIGHT = 480, LEFT = 64, LINE_Y = 410;
const GONE_MS = 120;
const SIZES = { fruit: 1, droplet: 0.55, tiny: 0.3, banana: 0.75 };

export class CatchField {
  constructor(map, isCalm) {
    this.map = map;
    this.isCalm = isCalm;
    const caught = map.objects.filter(({ kind }) => kind === "fruit" || kind === "droplet");
    this.caught = caught.length ? caught : map.objects;
    this.times = this.caught.map(({ time }) => time);
  }

  draw(context, { width, height }, nowMs, visible) {
    const scale = Math.min(width / WIDTH, height / HEIGHT);
    context.translate((width - WIDTH * scale) / 2, (height - HEIGHT * scale) / 2);
    context.scale(scale, scale);
    context.translate(LEFT, 0);
    context.strokeStyle = FIELD_LINE;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(-LEFT, LINE_Y + 0.5);
    context.lineTo(WIDTH - LEFT, LINE_Y + 0.5);
    for (const x of [0, 512]) {
      context.moveTo(x, 0);
      context.lineTo(x, HEIGHT);
    }
    context.stroke();
    this.#drawCatcher(context, catcherAt(this.caught, this.times, nowMs));
    const shown = visible.between(nowMs - GONE_MS, nowMs + this.map.approach_ms);
    for (const fruit of shown.toReversed()) this.#drawFruit(context, fruit, nowMs);
    context.globalAlpha = 1;
  }

  #drawFruit(context, fruit, nowMs) {
    const left = (fruit.time - nowMs) / this.map.approach_ms;
    const radius = this.map.radius_px * SIZES[fruit.kind];
    context.globalAlpha = left < 0 ? Math.max(0, 1 - (nowMs - fruit.time) / GONE_MS) : Math.min(1, (1 - left) * 6);
    const y = left < 0 ? LINE_Y - radius * 0.4 : LINE_Y - radius * 0.4 - left * (LINE_Y + 40);
    if (fruit.hyper) ring(context, fruit.x, y, radius * 1.12, radius * 0.16, HYPER);
    if (fruit.kind === "banana") return drawBanana(context, fruit.x, y, radius);
    const colour = colourOf(this.map, fruit);
    const fill = context.createRadialGradient(fruit.x - radius * 0.3, y - radius * 0.4, radius * 0.1, fruit.x, y, radius);
    fill.addColorStop(0, css(shaded(colour, 0.45)));
    fill.addColorStop(1, css(shaded(colour, -0.2)));
    disc(context, fruit.x, y, radius, fill);
    if (fruit.kind !== "fruit") return;
    ring(context, fruit.x, y, radius * 0.94, radius * 0.09, css(shaded(colour, 0.75), 0.9));
    // A leaf, so that it is a fruit and no ball.
    context.fillStyle = "#8be28b";
    context.beginPath();
    context.ellipse(fruit.x + radius * 0.3, y - radius * 0.95, radius * 0.34, radius * 0.15, -0.6, 0, 2 * Math.PI);
    context.fill();
  }

  #drawCatcher(context, x) {
    const half = this.map.catcher_px / 2;
    context.globalAlpha = 1;
    rounded(context, x - half, LINE_Y - 3, 2 * half, 8, 4, "#ffffff");
    const basket = context.createLinearGradient(0, LINE_Y, 0, LINE_Y + 44);
    basket.addColorStop(0, "rgba(255,122,168,0.9)");
    basket.addColorStop(1, "rgba(255,122,168,0.15)");
    context.fillStyle = basket;
    context.beginPath();
    context.moveTo(x - half * 0.92, LINE_Y + 5);
    context.quadraticCurveTo(x, LINE_Y + 70, x + half * 0.92, LINE_Y + 5);
    context.fill();
  }
}

// Where the catcher stands: at each fruit when it falls, on the way between them otherwise.
export function catcherAt(caught, times, nowMs) {
  if (!caught.length) return 256;
  const next = firstWhere(times, nowMs);
  if (next === 0) return caught[0].x;
  if (next === caught.length) return caught.at(-1).x;
  const before = caught[next - 1], after = caught[next];
  const share = Math.min(1, (nowMs - before.time) / Math.max(1, after.time - before.time));
  return before.x + (after.x - before.x) * share;
}

function drawBanana(context, x, y, radius) {
  context.lineCap = "round";
  context.lineWidth = radius * 0.55;
  context.strokeStyle = BANANA;
  context.beginPath();
  context.arc(x, y - radius * 0.5, radius * 0.8, 0.25 * Math.PI, 0.85 * Math.PI);
  context.stroke();
}
