// The timing of a song before its objects: listened to with a metronome, compared with other tempi, nudged and tapped.

import { get, lastLine, put, remove } from "/static/api.js";
import { afterPause, el, fill } from "/static/dom.js";
import { clock as clockText, number, t } from "/static/texts.js";
import { SongClock } from "/static/preview/clock.js";
import { HitSounds } from "/static/preview/hitsounds.js";
import { tempoText } from "/static/generate/timing.js";
import { inPageWords } from "/static/generate/words.js";
import { asTapped, beatsBetween, fitTaps, scaled, shifted, tapped, withDownbeat } from "/static/timing/lines.js";
import { TimingView } from "/static/timing/view.js";

const SAVE_PAUSE_MS = 400;
const NUDGES_MS = [-10, -1, 1, 10];
const ZOOM = { least: 1500, most: 24_000 };
/** Sample set and volume of the metronome, as hitsounds have them. */
const CLICKS = { bar: [2, 2, 0, 100], beat: [3, 3, 0, 75] };

/** Shows the timing of a song in an element: {stop()}. `song` stands for its file; `onKept(kept)` is told of red lines that
 * are kept, null if none are; `onMake()` orders the map. */
export async function timingPanel(element, song, onKept, onMake) {
  const said = el("p", { class: "small muted", role: "status" }, t("timing.listening"));
  fill(element, said, el("progress"));
  try {
    const answer = await lastLine("/api/timings", { audio_path: song });
    if (!answer?.song) throw new Error(answer?.stopped ? inPageWords(answer.stopped) : "");
    return mount(element, answer.song, await get(`/api/timings/${answer.song}`), onKept, onMake);
  } catch (error) {
    fill(element, el("p", { class: "bad", role: "alert" }, error.message || t("shell.no_answer")));
    return { stop() {} };
  }
}

function mount(element, song, analysis, onKept, onMake) {
  const isOneTempo = analysis.lines.length === 1;
  const leadMs = analysis.lead_ms;
  let lines = analysis.kept?.lines ?? analysis.lines;
  let taps = [];
  let frame = 0;
  let shownMs = NaN;

  const clock = new SongClock(`/api/timings/${song}/audio`, analysis.song_ms, () => { metronome.restart(clock.nowMs); showState(); });
  const metronome = new HitSounds();
  const canvas = el("canvas", { class: "timing-view", role: "img" });
  const view = new TimingView(canvas, analysis, (ms) => clock.seek(clock.nowMs + ms));
  const play = el("button", { type: "button", class: "button primary", onclick: toggle });
  const position = el("input", { type: "range", class: "grow", min: 0, max: Math.round(analysis.song_ms), step: 1, value: 0,
    "aria-label": t("preview.position"), oninput: () => clock.seek(Number(position.value)) });
  const time = el("span", { class: "small muted" });
  const clicks = el("input", { type: "checkbox", checked: true, onchange: () => metronome.setVolume(clicks.checked ? 1 : 0) });
  const zoom = el("input", { type: "range", min: 0, max: 1, step: 0.01, value: 0.5, "aria-label": t("timing.zoom"), oninput: setZoom });
  const tempi = el("div", { class: "row", role: "group", "aria-label": t("timing.tempi") });
  const bpm = numberField("timing.bpm", { min: 10, max: 2000, step: "any" }, (value) => edit(lines.map((line) => ({ ...line, bpm: value }))));
  const offset = numberField("timing.offset", { step: 1 }, (value) => edit(shifted(lines, value - lines[0].time_ms)));
  const meter = numberField("timing.meter", { min: 1, max: 32, step: 1 }, (value) => edit(lines.map((line) => ({ ...line, meter: value }))));
  const tap = el("button", { type: "button", class: "button", onpointerdown: onTap, title: "T",
    onkeydown: (event) => { if (!event.repeat && [" ", "Enter"].includes(event.key)) { event.preventDefault(); onTap(); } } }, t("timing.tap"));
  const said = el("p", { class: "small muted", role: "status" }, t("timing.tap_about"));
  const problem = el("p", { class: "bad small", role: "alert", hidden: true });
  const reset = button("timing.reset", forget, "quiet");

  fill(element, el("p", { class: "small muted" }, t("timing.about")),
    analysis.is_steady ? null : el("p", { class: "small warn" }, t("timing.unsteady")),
    canvas, el("div", { class: "row nowrap" }, play, position, time),
    el("div", { class: "row" }, el("label", { class: "row" }, clicks, t("timing.metronome")),
      el("label", { class: "row small muted" }, t("timing.zoom"), zoom)),
    tempi, isOneTempo ? null : el("p", { class: "small" }, tempoRange(analysis.lines)),
    el("div", { class: "row timing-fields" }, isOneTempo ? bpm.element : null, offset.element, isOneTempo ? meter.element : null,
      el("div", { class: "row", role: "group", "aria-label": t("timing.offset") }, NUDGES_MS.map((ms) =>
        button("timing.nudge", () => edit(shifted(lines, ms)), "small", { ms: (ms > 0 ? "+" : "−") + Math.abs(ms) })))),
    el("div", { class: "row" }, el("span", { class: "small" }, t("timing.downbeat")),
      button("timing.earlier", () => edit(withDownbeat(lines, -1)), "small"),
      button("timing.later", () => edit(withDownbeat(lines, 1)), "small"), tap),
    said, problem,
    el("div", { class: "row" }, button("timing.make", make, "primary"), reset));

  function button(key, onclick, kind, values) {
    return el("button", { type: "button", class: `button ${kind}`, onclick }, t(key, values));
  }

  function toggle() {
    metronome.wake();
    if (clock.isPlaying) clock.pause();
    else clock.play();
  }

  /** Takes a tap, by the audio; a tap on a song that does not play starts it. */
  function onTap() {
    if (!clock.isPlaying) { toggle(); return; }
    taps = tapped(taps, clock.nowMs - leadMs);
    const fit = fitTaps(taps);
    said.textContent = fit ? t("timing.tapped", { bpm: number(fit.bpm, 1), count: taps.length }) : t("timing.tap_about");
    if (fit) edit(asTapped(lines, analysis.lines, analysis.candidates, fit));
  }

  function onKey(event) {
    if (event.key.toLowerCase() !== "t" || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches?.("input:not([type=range], [type=checkbox]), textarea, select")) return;
    event.preventDefault();
    onTap();
  }

  function edit(changed) {
    lines = changed.map(({ time_ms, bpm: tempo, meter: beats }) => ({ time_ms: Math.round(time_ms), bpm: tempo, meter: beats }));
    show();
    saveLater();
  }

  const saveLater = afterPause(() => {
    // Unless the prediction was restored since.
    if (lines !== analysis.lines) save().catch(() => {});
  }, SAVE_PAUSE_MS);

  async function save() {
    try {
      onKept(await put(`/api/timings/${song}`, { lines }));
      problem.hidden = true;
    } catch (error) {
      problem.textContent = t("timing.not_kept", { reason: error.message || t("shell.no_answer") });
      problem.hidden = false;
      throw error;
    }
  }

  async function make() {
    try {
      await save();
      clock.pause();
      onMake();
    } catch { /* the sentence is shown */ }
  }

  async function forget() {
    lines = analysis.lines;
    taps = [];
    show();
    await remove(`/api/timings/${song}`).then(() => onKept(null), () => {});
  }

  function show() {
    fill(tempi, analysis.candidates.map(({ ratio, confidence }) => {
      const tempo = analysis.lines[0].bpm * ratio;
      return el("button", { type: "button", class: "chip", "aria-pressed": String(Math.abs(lines[0].bpm / tempo - 1) < 1e-4),
        onclick: () => edit(scaled(lines, tempo / lines[0].bpm)) },
      t("timing.candidate", { bpm: tempoText(tempo), percent: number(100 * confidence) }));
    }));
    for (const [field, value] of [[bpm, lines[0].bpm], [offset, lines[0].time_ms], [meter, lines[0].meter]]) field.set(value);
    metronome.setSounds(beatsBetween(lines, 0, analysis.song_ms).map((beat) =>
      [beat.ms + leadMs, ...(beat.inBar ? CLICKS.beat : CLICKS.bar)]), clock.nowMs);
    shownMs = NaN;
  }

  function showState() {
    play.textContent = clock.isPlaying ? "❚❚" : "▶";
    play.setAttribute("aria-label", t(clock.isPlaying ? "preview.pause" : "preview.play"));
  }

  function setZoom() {
    view.shownMs = ZOOM.most * (ZOOM.least / ZOOM.most) ** Number(zoom.value);
    shownMs = NaN;
  }

  function draw() {
    const nowMs = clock.nowMs;
    if (clock.isPlaying) metronome.plan(nowMs, clock.rate);
    if (nowMs !== shownMs) {
      shownMs = nowMs;
      view.draw(lines, nowMs - leadMs);
      position.value = Math.round(nowMs);
      const text = `${clockText(nowMs / 1000)} / ${clockText(analysis.song_ms / 1000)}`;
      if (time.textContent !== text) {
        time.textContent = text;
        position.setAttribute("aria-valuetext", text);
        canvas.setAttribute("aria-label", t("timing.view", { time: clockText(nowMs / 1000) }));
      }
    }
    frame = requestAnimationFrame(draw);
  }

  const resized = new ResizeObserver(() => { shownMs = NaN; });
  resized.observe(canvas);
  element.addEventListener("keydown", onKey);
  metronome.setVolume(1);
  clock.setVolume(0.7);
  clock.seek(Math.max(0, lines[0].time_ms));
  setZoom();
  show();
  showState();
  frame = requestAnimationFrame(draw);
  return {
    stop() {
      cancelAnimationFrame(frame);
      resized.disconnect();
      element.removeEventListener("keydown", onKey);
      clock.destroy();
      metronome.destroy();
      fill(element);
    },
  };
}

/** A number with its label; `onNumber(value)` is told of numbers within its limits. */
function numberField(key, limits, onNumber) {
  const input = el("input", { type: "number", class: "number", ...limits, onchange: () => {
    if (input.value !== "" && input.checkValidity()) onNumber(Number(input.value));
  } });
  return {
    element: el("label", { class: "field" }, el("span", { class: "label small" }, t(key)), input),
    set: (value) => { input.value = Math.round(value * 1000) / 1000; },
  };
}

/** The tempi of several red lines in a few words. */
function tempoRange(lines) {
  const tempi = lines.map((line) => line.bpm);
  return t("timing.lines", { count: lines.length, low: tempoText(Math.min(...tempi)), high: tempoText(Math.max(...tempi)) });
}
