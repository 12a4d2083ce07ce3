// The tempo of a result or of a reviewed map in a few words, and how certain each of its red lines is.

import { el } from "/static/dom.js";
import { clock, number, t } from "/static/texts.js";

/** A line of text with a tooltip; null without confidences. `facts`: the result of a job, or a review. */
export function timing(facts) {
  const lines = facts.timing ?? [];
  if (!lines.length) return null;
  const isSteady = facts.has_steady_beat;
  const each = lines.map((line) => t("generate.timing_line", {
    time: clock(line.time_ms / 1000), bpm: tempoText(line.bpm), confidence: number(100 * line.confidence) }));
  return el("p", { class: `small ${isSteady ? "muted" : "warn"}`, title: each.join("\n") },
    t(isSteady ? "generate.timing_steady" : "generate.timing_uncertain", { bpm: tempoSpan(lines) }));
}

export const tempoText = (bpm) => number(bpm, Math.abs(bpm - Math.round(bpm)) < 0.005 ? 0 : 2);

/** The tempo of red lines, or the lowest and the highest. */
export function tempoSpan(lines) {
  const tempi = lines.map((line) => line.bpm);
  const [low, high] = [Math.min(...tempi), Math.max(...tempi)].map(tempoText);
  return low === high ? low : `${low}–${high}`;
}
