// osu!standard: circles with approach circles, sliders with ball, ticks and arrows, spinners.

import { FIELD_LINE, colourOf, css, shaded } from "./colours.js";
import { along, ballAt, boundsOf, path2D } from "./paths.js";
import { disc, ring } from "./shapes.js";

export const ASPECT = 4 / 3;
const WIDTH = 640, HEIGHT = 480, LEFT = 64, TOP = 48;
const GONE_MS = 220;

export class StandardField {
  constructor(map, isCalm) {
    this.map = map;
    this.isCalm = isCalm;
    this.bodies = new Map();
  }

  // context: scaled to CSS pixels; width, height: of the canvas; pixelRatio: device pixels to a CSS pixel.
  draw(context, { width, height, pixelRatio }, nowMs, visible) {
    const scale = Math.min(width / WIDTH, height / HEIGHT);
    context.translate((width - WIDTH * scale) / 2, (height - HEIGHT * scale) / 2);
    context.scale(scale, scale);
    context.translate(LEFT, TOP);
    this.detail = scale * pixelRatio;
    context.lineWidth = 1;
    context.strokeStyle = FIELD_LINE;
    context.strokeRect(-0.5, -0.5, 513, 385);
    const shown = visible.between(nowMs - GONE_MS, nowMs + this.map.approach_ms);
    this.#forget(shown);
    this.#drawFollowPoints(context, shown, nowMs);
    for (const object of shown.toReversed()) this.#drawObject(context, object, nowMs);
    for (const object of shown) this.#drawApproach(context, object, nowMs);
    context.globalAlpha = 1;
  }

  #drawObject(context, object, nowMs) {
    const state = stateOf(object, this.map, nowMs);
    if (state.alpha <= 0) return;
    context.globalAlpha = state.alpha;
    if (object.kind === "spinner") return this.#drawSpinner(context, object, nowMs);
    if (object.kind === "slider") this.#drawSlider(context, object, nowMs, state);
    if (state.head > 0) {
      context.globalAlpha = state.head;
      this.#drawCircle(context, object, this.isCalm ? 1 : state.swell);
    }
  }

  #drawCircle(context, object, swell) {
    const radius = this.map.radius_px * swell, colour = colourOf(this.map, object);
    const fill = context.createRadialGradient(object.x, object.y - radius * 0.5, radius * 0.1, object.x, object.y, radius);
    fill.addColorStop(0, css(shaded(colour, 0.3)));
    fill.addColorStop(1, css(shaded(colour, -0.25)));
    disc(context, object.x, object.y, radius, "#ffffff");
    disc(context, object.x, object.y, radius * 0.89, css(shaded(colour, -0.55)));
    disc(context, object.x, object.y, radius * 0.84, fill);
    if (swell > 1) return;
    context.fillStyle = "#ffffff";
    context.font = `700 ${radius * (object.number > 99 ? 0.62 : 0.86)}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    context.lineWidth = radius * 0.1;
    context.lineJoin = "round";
    context.strokeStyle = css(shaded(colour, -0.5), 0.55);
    context.strokeText(object.number, object.x, object.y + radius * 0.31);
    context.fillText(object.number, object.x, object.y + radius * 0.31);
  }

  #drawApproach(context, object, nowMs) {
    const left = (object.time - nowMs) / this.map.approach_ms;
    if (object.kind === "spinner" || left <= 0 || left > 1) return;
    const state = stateOf(object, this.map, nowMs);
    context.globalAlpha = Math.min(0.9, state.alpha);
    const radius = this.map.radius_px, colour = css(shaded(colourOf(this.map, object), 0.15));
    ring(context, object.x, object.y, radius * (1 + 3 * left), radius * 0.09, colour);
  }

  #drawSlider(context, slider, nowMs, state) {
    const { image, left, top, scale } = this.#body(slider);
    context.drawImage(image, left, top, image.width / scale, image.height / scale);
    const ball = ballAt(slider, nowMs), isMoving = nowMs >= slider.time && !ball.isOver;
    this.#drawTicks(context, slider, ball, isMoving);
    this.#drawArrows(context, slider, ball, nowMs);
    if (isMoving) this.#drawBall(context, slider, ball, state);
  }

  #drawTicks(context, slider, ball, isMoving) {
    const isBackward = ball.slide % 2 === 1;
    for (const share of slider.ticks) {
      if (isMoving && (isBackward ? share > ball.share : share < ball.share)) continue;
      const { x, y } = along(slider.path, share);
      disc(context, x, y, this.map.radius_px * 0.13, "rgba(255,255,255,0.9)");
    }
  }

  // An arrow where the ball will turn next, and where it will turn after that.
  #drawArrows(context, slider, ball, nowMs) {
    const turnsLeft = slider.slides - 1 - (nowMs < slider.time ? 0 : ball.slide);
    for (let turn = 0; turn < Math.min(2, turnsLeft); turn++) {
      const slide = (nowMs < slider.time ? 0 : ball.slide) + turn;
      const isAtEnd = slide % 2 === 0;
      if (!isAtEnd && nowMs < slider.time) continue;
      const place = along(slider.path, isAtEnd ? 1 : 0);
      arrow(context, place, place.angle + (isAtEnd ? Math.PI : 0), this.map.radius_px);
    }
  }

  #drawBall(context, slider, ball) {
    const { x, y } = along(slider.path, ball.share), radius = this.map.radius_px, colour = colourOf(this.map, slider);
    ring(context, x, y, radius * 1.75, radius * 0.1, css(shaded(colour, 0.5), 0.8));
    context.fillStyle = css(colour, 0.12);
    context.fill();
    disc(context, x, y, radius * 0.92, "#ffffff");
    disc(context, x, y, radius * 0.78, css(shaded(colour, 0.1)));
    disc(context, x, y, radius * 0.3, "rgba(255,255,255,0.85)");
  }

  #drawSpinner(context, spinner, nowMs) {
    const length = Math.max(1, spinner.end - spinner.time);
    const left = Math.min(1, Math.max(0, (spinner.end - nowMs) / length));
    const turn = this.isCalm ? 0 : (Math.max(0, nowMs - spinner.time) / 1000) * 2 * Math.PI * 2.5;
    ring(context, 256, 192, 20 + 150 * left, 3, "rgba(255,255,255,0.85)");
    const glow = context.createRadialGradient(256, 192, 10, 256, 192, 170);
    glow.addColorStop(0, "rgba(150,120,220,0.75)");
    glow.addColorStop(1, "rgba(150,120,220,0.05)");
    disc(context, 256, 192, 170, glow);
    context.lineWidth = 5;
    context.strokeStyle = "rgba(220,205,255,0.55)";
    for (let spoke = 0; spoke < 3; spoke++) {
      const angle = turn + (spoke * 2 * Math.PI) / 3;
      context.beginPath();
      context.arc(256, 192, 130, angle, angle + 1.4);
      context.stroke();
    }
    disc(context, 256, 192, 7, "#ffffff");
  }

  // Dots on the way from one object to the next of its combo.
  #drawFollowPoints(context, shown, nowMs) {
    for (let index = 1; index < shown.length; index++) {
      const before = shown[index - 1], after = shown[index];
      if (after.number === 1 || before.kind === "spinner" || after.kind === "spinner") continue;
      const start = endOf(before), startMs = before.end ?? before.time;
      if (nowMs >= after.time || after.time <= startMs) continue;
      const distance = Math.hypot(after.x - start.x, after.y - start.y);
      const angle = Math.atan2(after.y - start.y, after.x - start.x);
      const head = stateOf(after, this.map, nowMs).alpha;
      for (let way = this.map.radius_px * 1.5; way < distance - this.map.radius_px * 1.3; way += 26) {
        if (startMs + ((after.time - startMs) * way) / distance < nowMs) continue;
        context.globalAlpha = 0.35 * head;
        context.fillStyle = "#ffffff";
        context.save();
        context.translate(start.x + Math.cos(angle) * way, start.y + Math.sin(angle) * way);
        context.rotate(angle);
        context.beginPath();
        context.roundRect(-5, -1.5, 10, 3, 1.5);
        context.fill();
        context.restore();
      }
    }
  }

  // A body is drawn once, opaque, and shown with the opacity of the moment: strokes that overlap do not add up.
  #body(slider) {
    const known = this.bodies.get(slider);
    if (known?.scale === this.detail) return known;
    const radius = this.map.radius_px, colour = colourOf(this.map, slider);
    const bounds = boundsOf(slider.path), left = bounds.left - radius - 2, top = bounds.top - radius - 2;
    const scale = this.detail;
    const image = document.createElement("canvas");
    image.width = Math.max(1, Math.min(4096, Math.ceil((bounds.right - left + radius + 2) * scale)));
    image.height = Math.max(1, Math.min(4096, Math.ceil((bounds.bottom - top + radius + 2) * scale)));
    const body = image.getContext("2d");
    body.scale(scale, scale);
    body.translate(-left, -top);
    body.lineCap = body.lineJoin = "round";
    const line = path2D(slider.path);
    stroke(body, line, radius * 1.96, css(shaded(colour, 0.75)));
    body.globalCompositeOperation = "destination-out";
    stroke(body, line, radius * 1.74, "#000");
    body.globalCompositeOperation = "source-over";
    stroke(body, line, radius * 1.74, css(shaded(colour, -0.72), 0.85));
    body.globalCompositeOperation = "source-atop";
    for (const [share, alpha] of [[1.55, 0.07], [1.3, 0.07], [1.05, 0.07], [0.8, 0.07], [0.55, 0.07], [0.3, 0.07]]) {
      stroke(body, line, radius * share, css(colour, alpha));
    }
    const made = { image, left, top, scale };
    this.bodies.set(slider, made);
    return made;
  }

  #forget(shown) {
    if (this.bodies.size < 40) return;
    const kept = new Set(shown);
    for (const slider of this.bodies.keys()) if (!kept.has(slider)) this.bodies.delete(slider);
  }
}

// How an object is seen at a time: alpha of the whole, head (alpha of the circle at its place), and how far the circle has
// swollen since it was hit. All 0 where it cannot be seen.
export function stateOf(object, map, nowMs) {
  const appearsMs = object.time - map.approach_ms, endMs = object.end ?? object.time;
  if (nowMs < appearsMs || nowMs > endMs + GONE_MS) return { alpha: 0, head: 0, swell: 1 };
  const fadeIn = Math.min(1, (nowMs - appearsMs) / map.fade_in_ms);
  const goneShare = Math.max(0, (nowMs - endMs) / GONE_MS), hitShare = Math.max(0, (nowMs - object.time) / GONE_MS);
  return {
    alpha: Math.min(fadeIn, 1 - goneShare),
    head: hitShare >= 1 ? 0 : Math.min(fadeIn, 1 - hitShare),
    swell: 1 + 0.4 * Math.min(1, hitShare),
  };
}

function endOf(object) {
  if (object.kind !== "slider") return object;
  return object.slides % 2 ? { x: object.path.at(-2), y: object.path.at(-1) } : object;
}

function stroke(context, line, width, colour) {
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke(line);
}

function arrow(context, { x, y }, angle, radius) {
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  context.lineWidth = radius * 0.18;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = "#ffffff";
  context.beginPath();
  context.moveTo(-radius * 0.1, -radius * 0.4);
  context.lineTo(radius * 0.35, 0);
  context.lineTo(-radius * 0.1, radius * 0.4);
  context.stroke();
  context.restore();
}
