// The song around the present moment: its waveform, how likely a beat is, and the beats and bars of the red lines.

import { fitted } from "/static/preview/playfield.js";
import { beatsBetween } from "/static/timing/lines.js";

const PLAYHEAD = 0.35;
const PROBABILITY_HEIGHT = 30;
const NUMBER_HEIGHT = 14;

export class TimingView {
  /** `analysis`: the answer of /api/timings, `onDrag(ms)` is told how far the song was pulled. */
  constructor(canvas, analysis, onDrag) {
    this.canvas = canvas;
    this.analysis = analysis;
    this.loudness = bytes(analysis.loudness);
    this.probabilities = bytes(analysis.beats);
    this.shownMs = 6000;
    let from = null;
    canvas.addEventListener("pointerdown", (event) => { from = event.clientX; canvas.setPointerCapture(event.pointerId); });
    canvas.addEventListener("pointermove", (event) => {
      if (from === null) return;
      onDrag(((from - event.clientX) / canvas.clientWidth) * this.shownMs);
      from = event.clientX;
    });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { from = null; });
  }

  /** nowMs: of the red lines; the sound of a beat comes a little later in the audio. */
  draw(lines, nowMs) {
    const size = fitted(this.canvas);
    if (!size.width) return;
    const context = this.canvas.getContext("2d");
    context.setTransform(size.pixelRatio, 0, 0, size.pixelRatio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    const startMs = nowMs - PLAYHEAD * this.shownMs;
    const x = (ms) => ((ms - startMs) / this.shownMs) * size.width;
    const colours = getComputedStyle(this.canvas);
    const bottom = size.height - PROBABILITY_HEIGHT;
    const { lead_ms: leadMs, loudness_step_ms: loudnessMs, beats_step_ms: beatsMs } = this.analysis;

    const highest = (values, stepMs, left) => {
      const first = Math.max(0, Math.floor((startMs + leadMs + (left / size.width) * this.shownMs) / stepMs));
      const stop = Math.max(first + 1, Math.ceil((startMs + leadMs + ((left + 1) / size.width) * this.shownMs) / stepMs));
      let found = 0;
      for (let index = first; index < stop && index < values.length; index += 1) found = Math.max(found, values[index]);
      return startMs + leadMs + ((left + 1) / size.width) * this.shownMs < 0 ? 0 : found / 255;
    };
    context.fillStyle = colours.textDecorationColor;
    for (let left = 0; left < size.width; left += 1) {
      const level = highest(this.loudness, loudnessMs, left) * (bottom - NUMBER_HEIGHT - 4);
      context.fillRect(left, NUMBER_HEIGHT + (bottom - NUMBER_HEIGHT - level) / 2, 1, Math.max(1, level));
    }
    context.fillStyle = colours.outlineColor;
    for (let left = 0; left < size.width; left += 1) {
      const likely = highest(this.probabilities, beatsMs, left) * (PROBABILITY_HEIGHT - 4);
      context.fillRect(left, size.height - likely, 1, likely);
    }
    context.font = "11px system-ui";
    for (const beat of beatsBetween(lines, startMs, startMs + this.shownMs)) {
      const isBar = beat.inBar === 0;
      context.fillStyle = isBar ? colours.caretColor : colours.color;
      context.globalAlpha = isBar ? 1 : 0.45;
      context.fillRect(Math.round(x(beat.ms)) - (isBar ? 1 : 0), isBar ? 0 : NUMBER_HEIGHT, isBar ? 2 : 1, size.height);
      context.globalAlpha = 1;
      if (isBar) context.fillText(beat.bar, x(beat.ms) + 4, 11);
    }
    context.fillStyle = colours.color;
    context.fillRect(x(nowMs) - 1, 0, 2, size.height);
    context.beginPath();
    context.arc(x(nowMs), 5, 4, 0, 2 * Math.PI);
    context.fill();
  }
}

const bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
