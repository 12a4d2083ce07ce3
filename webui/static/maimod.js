// The page that reviews maps: what to review on top, below it the suggestions beside the player.

import { get, post, refreshJobs, watchJobs } from "/static/api.js";
import { el, fill } from "/static/dom.js";
import { makeField } from "/static/generate/fields.js";
import { jobParts, titleOf } from "/static/generate/jobs.js";
import { sources } from "/static/generate/sources.js";
import { REVIEW_SOURCE } from "/static/generate/tasks.js";
import { t } from "/static/texts.js";
import { reviewOf } from "/static/maimod/review.js";

const SOURCE_OPTIONS = ["audio_path", "beatmap_path"];
const HOW_MANY_SHOWN = 20;

export async function mount(root, { query }) {
  const groups = await get("/api/form?program=review");
  const view = el("div", { class: "stack" });
  const list = reviewList((job) => open(job));
  let shown = null;

  root.append(el("div", { class: "maimod stack" }, reviewForm(groups, ordered), list.element, view));

  function ordered(job) {
    history.replaceState(null, "", `?job=${job.id}`);
    list.wait(job.id);
    refreshJobs();
  }

  function open(job) {
    if (shown?.id === job.id) return;
    shown?.stop();
    history.replaceState(null, "", `?job=${job.id}`);
    list.mark(job.id);
    const own = { id: job.id, stop: () => {} };
    shown = own;
    reviewOf(job, view).then((stop) => {
      if (shown === own) own.stop = stop;
      else stop();
    });
  }

  list.wait(query.get("job"));
  const stopWatching = watchJobs(list.draw);
  return () => { stopWatching(); shown?.stop(); };
}

/** What to review, and the options of a review behind a fold. */
function reviewForm(groups, onOrdered) {
  const source = sources(changed, { drop: "maimod.drop_here", about: "maimod.drop_about", all: "maimod.all_maps" });
  const fields = groups.flatMap((group) => group.options)
    .filter((option) => !SOURCE_OPTIONS.includes(option.name)).map((option) => makeField(option, changed));
  const problem = el("p", { class: "bad", role: "alert", hidden: true });
  const start = el("button", { type: "submit", class: "button primary", disabled: true }, t("maimod.run"));

  function changed() {
    start.disabled = !source.values().beatmap_path;
    problem.hidden = true;
  }

  // A map that the other page sends here.
  const sent = JSON.parse(sessionStorage.getItem(REVIEW_SOURCE) ?? "null");
  sessionStorage.removeItem(REVIEW_SOURCE);
  if (sent?.map) source.take({ kind: "beatmap", maps: sent.maps.length ? sent.maps : [{ ref: sent.map }], audio: sent.audio, chosen: sent.map });

  function options() {
    const given = [...Object.entries(source.values()), ...fields.map((field) => [field.name, field.value()])];
    return Object.fromEntries(given.filter(([, value]) => value !== undefined));
  }

  async function order(event) {
    event.preventDefault();
    start.disabled = true;
    try {
      onOrdered(await post("/api/jobs", { kind: "review", options: options() }));
    } catch (error) {
      problem.textContent = error.message || t("shell.no_answer");
      problem.hidden = false;
    }
    start.disabled = false;
  }

  return el("form", { class: "card stack", novalidate: true, onsubmit: order },
    el("h1", {}, t("maimod.heading")), el("p", { class: "muted" }, t("maimod.about")), source.element,
    el("details", { class: "more" }, el("summary", {}, t("generate.more")),
      el("div", { class: "fields" }, fields.map((field) => field.element))),
    problem, el("div", { class: "row" }, start));
}

/** Reviews so far, newest first: {element, draw(jobs), wait(id), mark(id)}. The one that is waited for opens itself. */
function reviewList(onOpen) {
  const cards = new Map();
  const list = el("ol", { class: "jobs stack tight" });
  const element = el("details", { class: "card", open: true, hidden: true }, el("summary", {}, t("maimod.reviews")), list);
  let awaited = null;
  let marked = null;

  function draw(jobs) {
    const own = [...jobs.values()].filter((job) => job.kind === "review")
      .sort((a, b) => b.created_s - a.created_s).slice(0, HOW_MANY_SHOWN);
    const ids = new Set(own.map((job) => job.id));
    for (const id of cards.keys()) if (!ids.has(id)) cards.delete(id);
    for (const job of own) {
      if (!cards.has(job.id)) cards.set(job.id, reviewCard(onOpen));
      cards.get(job.id).update(job, marked);
    }
    fill(list, own.map((job) => cards.get(job.id).element));
    element.hidden = own.length === 0;
    const ready = jobs.get(awaited);
    if (ready?.state === "done") {
      awaited = null;
      onOpen(ready);
    }
  }

  return { element, draw, wait: (id) => { awaited = id; }, mark(id) {
    marked = id;
    for (const [own, card] of cards) card.mark(own === id);
  } };
}

function reviewCard(onOpen) {
  let job = null;
  const button = el("button", { type: "button", class: "button small", hidden: true, onclick: () => onOpen(job) }, t("maimod.open"));
  const parts = jobParts(null, (each) => el("div", { class: "grow row nowrap" }, titleOf(each), button));
  const element = el("li", { class: "review-job stack tight" }, parts.head, parts.state);
  const mark = (is) => {
    if (is) element.setAttribute("aria-current", "true");
    else element.removeAttribute("aria-current");
  };
  return { element, mark, update(latest, marked) {
    job = latest;
    parts.update(job);
    button.hidden = job.state !== "done";
    mark(job.id === marked);
  } };
}

