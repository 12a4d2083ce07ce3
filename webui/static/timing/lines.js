// Red lines as plain data, {time_ms, bpm, meter}: beats, and what a mapper does to a timing. Nothing is changed in place.

const LARGEST_TEMPO_ERROR = 0.04;
const NEW_SERIES_MS = 2000;
const REPLACED_BEAT = 0.5;
const FEWEST_TAPS = 4;
const MAX_BEATS = 20_000;

export const beatMs = (line) => 60_000 / line.bpm;

/** Beats from one time to another, [{ms, inBar, bar}]; none before the first line. */
export function beatsBetween(lines, startMs, endMs) {
  const beats = [];
  lines.forEach((line, index) => {
    const stopMs = Math.min(endMs, index + 1 < lines.length ? lines[index + 1].time_ms - REPLACED_BEAT * beatMs(line) : Infinity);
    const first = Math.max(0, Math.ceil((startMs - line.time_ms) / beatMs(line)));
    for (let number = first; beats.length < MAX_BEATS; number += 1) {
      const ms = line.time_ms + number * beatMs(line);
      if (ms >= stopMs) break;
      beats.push({ ms, inBar: number % line.meter, bar: Math.floor(number / line.meter) + 1 });
    }
  });
  return beats;
}

export const shifted = (lines, ms) => lines.map((line) => ({ ...line, time_ms: line.time_ms + ms }));
export const scaled = (lines, ratio) => lines.map((line) => ({ ...line, bpm: line.bpm * ratio }));

/** Lines whose bars begin so many beats later. */
export const withDownbeat = (lines, beats) =>
  lines.map((line, index) => ({ ...line, time_ms: fromStart(line.time_ms + beats * beatMs(line), line, index === 0) }));

/** The same bars from 0 ms on; those of the first line begin as early as possible, since objects begin after it. */
const fromStart = (timeMs, line, isFirst) => (isFirst || timeMs < 0 ? modulo(timeMs, line.meter * beatMs(line)) : timeMs);

/** A series of taps with one more; a long pause begins a new one. */
export const tapped = (taps, ms) => (taps.length && ms - taps.at(-1) < NEW_SERIES_MS && ms > taps.at(-1) ? [...taps, ms] : [ms]);

/** Tempo and first beat of taps by least squares, {bpm, ms}; null for few taps. */
export function fitTaps(taps) {
  if (taps.length < FEWEST_TAPS) return null;
  const gaps = taps.slice(1).map((ms, index) => ms - taps[index]).sort((one, other) => one - other);
  const middle = gaps[gaps.length >> 1];
  const numbers = taps.map((ms) => Math.round((ms - taps[0]) / middle));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanNumber, meanMs] = [mean(numbers), mean(taps)];
  const spread = mean(numbers.map((number) => (number - meanNumber) ** 2));
  const period = mean(numbers.map((number, index) => (number - meanNumber) * (taps[index] - meanMs))) / spread;
  return period > 0 ? { bpm: 60_000 / period, ms: meanMs - meanNumber * period } : null;
}

/** Lines as they were tapped: of songs of one tempo tempo and bars, of others the bars. Hands are less exact than the
 * prediction: if they have the tempo of a candidate, its beats are taken. */
export function asTapped(lines, predicted, candidates, fit) {
  if (lines.length > 1) {
    const line = lines.filter((each) => each.time_ms <= fit.ms).at(-1) ?? lines[0];
    return withDownbeat(lines, modulo(Math.round((fit.ms - line.time_ms) / beatMs(line)), line.meter));
  }
  const [only] = predicted;
  const near = candidates.find(({ ratio }) => Math.abs(fit.bpm / (only.bpm * ratio) - 1) < LARGEST_TEMPO_ERROR);
  const bpm = near ? only.bpm * near.ratio : Math.round(fit.bpm * 10) / 10;
  const stepMs = 60_000 / Math.max(bpm, only.bpm);
  const ms = near ? only.time_ms + Math.round((fit.ms - only.time_ms) / stepMs) * stepMs : fit.ms;
  const line = { ...lines[0], bpm };
  return [{ ...line, time_ms: Math.round(modulo(ms, line.meter * beatMs(line))) }];
}

const modulo = (value, by) => ((value % by) + by) % by;
