// Jobs: what waits, what runs and how far it is, and what came out. Versions of a map stand together.

import { get, isLocal, jobs as allJobs, post, refreshJobs, remove, watchJobs } from "/static/api.js";
import { el, fill } from "/static/dom.js";
import { language, t } from "/static/texts.js";
import { dismissal } from "/static/generate/dismissal.js";
import { factLine, nameOf, seedOf } from "/static/generate/facts.js";
import { jobFilter } from "/static/generate/job_filter.js";
import { progressBar } from "/static/generate/progress.js";
import { resultOf } from "/static/generate/result.js";
import { inPageWords } from "/static/generate/words.js";

const LOG_EVERY_MS = 1000;
const REVEALED_MS = 2500;

/** A list of jobs of some kinds, newest first: {element, reveal(id), open(id), isInSight(id), stop()}. `reuse(options)` takes
 * the options of a job. */
export function jobList({ kinds, reuse }) {
  const cards = new Map();
  const filter = jobFilter(() => draw(allJobs));
  const empty = el("p", { class: "muted" }, t("generate.no_jobs"));
  const nothing = el("p", { class: "muted", role: "status", hidden: true }, t("generate.no_such_jobs"));
  const leaving = dismissal(() => draw(allJobs), act);
  const list = el("ol", { class: "jobs stack" });
  const element = el("section", { class: "stack", "aria-label": t("generate.jobs") }, el("h2", {}, t("generate.jobs")),
    filter.element, leaving.element, empty, nothing, list);

  function draw(jobs) {
    const own = [...jobs.values()].filter((job) => kinds.includes(job.kind) && !leaving.hides(job.id));
    const roots = own.filter((job) => !jobs.has(job.parent)).sort((a, b) => b.created_s - a.created_s);
    const shown = new Set(roots.map((job) => job.id));
    for (const [id, card] of cards) {
      if (!shown.has(id)) { card.stop(); card.element.remove(); cards.delete(id); }
    }
    for (const job of roots) {
      if (!cards.has(job.id)) cards.set(job.id, jobCard(reuse, leaving.dismiss));
      cards.get(job.id).show(job, versionsOf(job, own));
      cards.get(job.id).element.hidden = !filter.matches(job);
    }
    const order = roots.map((job) => cards.get(job.id).element);
    if (order.some((each, index) => list.children[index] !== each)) list.append(...order);
    filter.offer(roots.length);
    empty.hidden = roots.length > 0;
    nothing.hidden = !roots.length || order.some((card) => !card.hidden);
  }

  function reveal(id) {
    if (cards.get(id)?.element.hidden) {
      filter.clear();
      draw(allJobs);
    }
    const card = cards.get(id)?.element;
    if (!card) return;
    card.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    card.classList.add("revealed");
    setTimeout(() => card.classList.remove("revealed"), REVEALED_MS);
  }

  function isInSight(id) {
    const place = cards.get(id)?.element.getBoundingClientRect();
    return Boolean(place?.height) && place.top < innerHeight - 60 && place.bottom > 60;
  }

  const stopWatching = watchJobs(draw);
  return {
    element, reveal, isInSight,
    open: (id) => cards.get(id)?.open(),
    stop: () => { stopWatching(); for (const card of cards.values()) card.stop(); },
  };
}

/** Jobs that go on from a job, oldest first, however far removed. */
function versionsOf(root, jobs) {
  const family = [root];
  for (let index = 0; index < family.length; index += 1) {
    family.push(...jobs.filter((job) => job.parent === family[index].id).sort((a, b) => a.created_s - b.created_s));
  }
  return family.slice(1);
}

function jobCard(reuse, dismiss) {
  const body = el("div", { class: "stack" });
  const own = jobParts(reuse, titleOf, dismiss);
  const parts = new Map();
  const element = el("li", { class: "card stack job", tabindex: "-1" }, own.head, own.state, body);
  let result = null;

  function show(job, versions) {
    own.update(job);
    if (job.state !== "done") return;
    result ??= resultOf(job, body, dismiss);
    for (const version of versions) {
      if (!parts.has(version.id)) parts.set(version.id, jobParts(null, () => null));
      parts.get(version.id).update(version);
    }
    result.show(versions, parts);
  }

  /** Opens the player of a job that is done, and goes there. */
  async function open() {
    await result?.open();
    element.focus({ preventScroll: true });
  }
  return { element, show, open, stop: () => result?.stop() };
}

/** The head of a job and how far it is: {head, state, update(job)}. They stay the same elements, so that what is open stays open. */
export function jobParts(reuse, heading, dismiss = (job) => act(remove(`/api/jobs/${job.id}`))) {
  const head = el("div", { class: "row between nowrap top-align" });
  const bar = progressBar();
  const state = el("div", { class: "stack tight" });
  let seen = "";
  let log = null;

  function update(job) {
    bar.show(job);
    const mark = [job.state, job.position, job.wants_cancel].join();
    if (mark === seen) return;
    seen = mark;
    fill(head, heading(job), badge(job), actions(job, reuse, dismiss));
    if (job.state !== "queued") log ??= logOf(job);
    fill(state, job.state === "running" ? bar.element : null,
      job.state === "failed" ? el("p", { class: "bad", role: "alert" }, inPageWords(job.error)) : null, log);
  }
  return { head, state, update };
}

export function titleOf(job) {
  const when = new Date(job.created_s * 1000).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
  return el("div", { class: "grow stack tight" }, el("h3", { class: "ellipsis", title: nameOf(job) }, nameOf(job)), factLine(job),
    el("p", { class: "muted small" }, when));
}

const badge = (job) => el("span", { class: `badge ${job.state}` },
  job.state === "queued" ? t("state.queued", { position: job.position }) : t(`state.${job.state}`));

function actions(job, reuse, dismiss) {
  const button = (key, onclick, kind = "quiet") => el("button", { type: "button", class: `button small ${kind}`, onclick }, t(key));
  const isActive = job.state === "queued" || job.state === "running";
  return el("div", { class: "row nowrap" },
    isActive && !job.wants_cancel ? button("generate.cancel", () => act(post(`/api/jobs/${job.id}/cancel`)), "") : null,
    isActive ? null : menu(job, reuse, dismiss, button));
}

function menu(job, reuse, dismiss, button) {
  return el("details", { class: "menu" }, el("summary", { class: "button quiet small", "aria-label": t("generate.job_menu") }, "⋯"),
    el("div", { class: "menu-items", onclick: (event) => event.currentTarget.parentElement.removeAttribute("open") },
      reuse ? button("generate.reuse", () => reuse(withSeed(job))) : null,
      button("generate.copy_command", () => navigator.clipboard.writeText(job.command)),
      isLocal && job.state === "done" ? button("generate.open_folder", () => act(post(`/api/jobs/${job.id}/open-folder`))) : null,
      button("generate.dismiss", () => dismiss(job))));
}

/** The options of a job with the seed that it drew, so that they give the same map. */
function withSeed(job) {
  const seed = seedOf(job);
  return seed === null ? job.options : { ...job.options, seed: String(seed) };
}

export async function act(asked) {
  try {
    await asked;
  } catch (error) {
    alert(error.message || t("shell.no_answer"));
  }
  refreshJobs();
}

/** The log of a job, read on while it is open. */
function logOf(job) {
  const text = el("pre", { tabindex: "0", "aria-label": t("generate.log") });
  let next = 0;
  let timer = 0;
  async function read() {
    clearTimeout(timer);
    if (!details.open || (!details.isConnected && next > 0)) return;
    const answer = await get(`/api/jobs/${job.id}/log?offset=${next}`).catch(() => null);
    if (answer) {
      const isAtEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 8;
      text.append(answer.text);
      next = answer.next;
      if (isAtEnd) text.scrollTop = text.scrollHeight;
    }
    timer = setTimeout(read, LOG_EVERY_MS);
  }
  const details = el("details", { class: "small log", ontoggle: read }, el("summary", { class: "muted" }, t("generate.log")), text);
  return details;
}
