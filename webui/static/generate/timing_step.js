// The step before objects: the timing of the song, folded away until somebody opens it, and what is kept of it.

import { el } from "/static/dom.js";
import { tempoSpan } from "/static/generate/timing.js";
import { t } from "/static/texts.js";

/** A fold for the timing of a song: {element, options(), offer(song), show(kept)}. `onChange()` is told that other red
 * lines are kept, `onMake()` that the map is to be made. */
export function timingStep(onChange, onMake) {
  const summary = el("summary", {});
  let body = el("div", { class: "stack" });
  const element = el("details", { class: "timing-step", hidden: true, ontoggle: toggled }, summary, body);
  let song = null;
  let kept = null;
  let panel = null;

  function draw() {
    summary.textContent = kept ? t("timing.kept", { tempo: tempoSpan(kept.lines) }) : t("timing.predicted");
  }

  async function toggled() {
    const wasOpen = panel;
    panel = null;
    if (element.open && song) {
      // A panel that still waits for a prediction fills the place that it was given.
      const [place, timed] = [el("div", { class: "stack" }), song];
      body.replaceWith(place);
      body = place;
      panel = import("/static/timing/panel.js").then(({ timingPanel }) => timingPanel(place, timed, (found) => keep(timed, found), onMake));
    }
    (await wasOpen)?.stop();
  }

  function keep(timed, found) {
    if (timed !== song) return; // saved as another song was chosen
    kept = found;
    draw();
    onChange();
  }

  /** Takes another song, null for none that could be timed; what is kept for it is not known yet. */
  function offer(other) {
    if (JSON.stringify(other) === JSON.stringify(song)) return;
    song = other;
    kept = null;
    element.open = false;
    element.hidden = !song;
    draw();
  }

  /** Shows what is kept for the song; returns whether that is news. */
  function show(found) {
    const isNews = JSON.stringify(found?.ref ?? null) !== JSON.stringify(kept?.ref ?? null);
    if (isNews) kept = found;
    draw();
    return isNews;
  }

  draw();
  return { element, offer, show, options: () => (song && kept ? { beatmap_path: kept.ref, in_context: ["TIMING"] } : {}) };
}
