// One review: its difficulties, the player with marks where suggestions are, the suggestions, fixes and exports.

import { get, post, refreshJobs, watchJobs } from "/static/api.js";
import { el, fill } from "/static/dom.js";
import { jobParts } from "/static/generate/jobs.js";
import { fileLinks } from "/static/generate/result.js";
import { timing } from "/static/generate/timing.js";
import { number, t } from "/static/texts.js";
import { mountPlayer } from "/static/preview/player.js";
import { filterBar } from "/static/maimod/filters.js";
import { suggestionList } from "/static/maimod/suggestions.js";

const BEFORE_MS = 700;

/** Shows a review that is done in an element; resolves to what stops it. */
export async function reviewOf(job, element) {
  const [{ reviews }, maps] = await Promise.all([get(`/api/jobs/${job.id}/review`), get(`/api/jobs/${job.id}/maps`)]);
  // Maps come easiest first; reviews of what is in no map, such as the whole set, follow.
  const rank = (review) => maps.findIndex((map) => map.name === review.map);
  reviews.sort((one, other) => (rank(one) < 0) - (rank(other) < 0) || rank(one) - rank(other));
  const tabs = el("div", { class: "row", role: "group", "aria-label": t("maimod.difficulties") });
  const body = el("div", { class: "review stack" });
  const copies = copyList(job);
  let view = null;

  function show(index) {
    view?.stop();
    [...tabs.children].forEach((tab, place) => tab.setAttribute("aria-pressed", String(place === index)));
    view = reviewView(reviews[index], maps, (ids) => copies.order(reviews[index].map, ids));
    fill(body, view.element);
  }

  if (reviews.length > 1) {
    fill(tabs, reviews.map((review, index) => el("button", { type: "button", class: "chip", onclick: () => show(index) },
      [review.version || review.title, starsOf(maps[rank(review)]), `(${number(review.suggestions.length)})`].filter(Boolean).join(" "))));
  }
  fill(element, el("div", { class: "card stack" },
    el("div", { class: "row between" }, el("h2", { tabindex: "-1" }, reviews[0]?.title ?? ""), exports(job)), tabs, body, copies.element));
  if (reviews.length) show(0);
  else fill(body, el("p", {}, t("maimod.nothing")));
  return () => { view?.stop(); copies.stop(); fill(element); };
}

const starsOf = (map) => (map ? t("generate.stars", { stars: number(map.stars, 2) }) : null);

function exports(job) {
  const link = (kind) => el("a", { class: "button small", href: `/api/jobs/${job.id}/files/review.${kind}`, download: "" },
    t("maimod.export", { kind: kind.toUpperCase() }));
  return el("div", { class: "row" }, link("html"), link("json"));
}

/** The suggestions of one difficulty beside its player: {element, stop()}. */
function reviewView(review, maps, onApply) {
  const map = maps.find((each) => each.name === review.map);
  const stage = el("div", { class: "review-player" });
  const player = map ? mountPlayer(stage, { maps: [map], texts: t }) : null;
  const list = suggestionList({ onJump: jump, onApply: review.map ? onApply : null, version: review.version || review.title });
  const filters = filterBar(review.suggestions, draw);

  function draw() {
    const chosen = filters.chosen();
    list.show(chosen);
    player?.setMarkers(chosen.filter((each) => each.time_ms !== null).map((each) => ({ ms: each.time_ms, severity: each.severity })));
  }

  function jump(suggestion) {
    if (!player) return;
    player.pause();
    player.seek(Math.max(0, suggestion.time_ms - BEFORE_MS));
    if (suggestion.end_time_ms > suggestion.time_ms) player.select({ startMs: suggestion.time_ms, endMs: suggestion.end_time_ms });
    else player.select(null);
  }

  draw();
  const score = review.score ? el("p", {}, scoreText(review.score)) : null;
  const notes = review.notes.map((note) => el("p", { class: "small warn", lang: "en" }, note));
  const element = el("div", { class: "review-columns", "data-player": String(Boolean(map)) },
    el("div", { class: "stack" }, stage, timing(review), notes), el("div", { class: "stack" }, score, filters.element, list.element));
  return { element, stop: () => player?.destroy() };
}

function scoreText(score) {
  const said = t("maimod.score", { score: number(score.per_minute, 1) });
  return score.usual === null ? `${said}.` : `${said}; ${t("maimod.score_usual", { usual: number(score.usual, 1) })}.`;
}

/** Copies with fixes that were made from a review: {element, order(map, ids), stop()}. */
function copyList(job) {
  const said = el("p", { class: "bad", role: "alert", hidden: true });
  const list = el("ol", { class: "jobs stack tight", "aria-label": t("maimod.copies") });
  const element = el("div", { class: "stack tight", role: "status" }, said, list);
  const known = new Map();

  async function order(map, ids) {
    said.hidden = true;
    try {
      await post("/api/jobs", { kind: "apply", parent: job.id, options: { map, apply: ids } });
    } catch (error) {
      said.textContent = error.message || t("shell.no_answer");
      said.hidden = false;
    }
    refreshJobs();
  }

  const stop = watchJobs((jobs) => {
    const copies = [...jobs.values()].filter((each) => each.kind === "apply" && each.parent === job.id)
      .sort((a, b) => a.created_s - b.created_s);
    for (const copy of copies) {
      if (!known.has(copy.id)) known.set(copy.id, jobParts(null, (each) => el("b", { class: "grow" }, t("maimod.copy", { count: number(each.options.apply.length) }))));
      known.get(copy.id).update(copy);
    }
    fill(list, copies.map((copy) => el("li", { class: "version stack tight" }, known.get(copy.id).head, known.get(copy.id).state,
      copy.state === "done" ? fileLinks(copy, []) : null)));
  });
  return { element, order, stop };
}
