// Jobs: what waits, what runs and how far it is, and what came out. Versions of a map stand together.

import { get, isLocal, post, refreshJobs, remove, watchJobs } from "/static/api.js";
import { el, fill } from "/static/dom.js";
import { clock, language, t, textOr } from "/static/texts.js";
import { resultOf } from "/static/generate/result.js";

const LOG_EVERY_MS = 1000;

/** A list of jobs of some kinds, newest first: {element, stop()}. `reuse(options)` takes the options of a job. */
export function jobList({ kinds, reuse }) {
  const cards = new Map();
  const empty = el("p", { class: "muted" }, t("generate.no_jobs"));
  const list = el("ol", { class: "jobs stack" });
  const element = el("section", { class: "stack", "aria-label": t("generate.jobs") }, el("h2", {}, t("generate.jobs")), empty, list);

  function draw(jobs) {
    const own = [...jobs.values()].filter((job) => kinds.includes(job.kind));
    const roots = own.filter((job) => !jobs.has(job.parent)).sort((a, b) => b.created_s - a.created_s);
    const shown = new Set(roots.map((job) => job.id));
    for (const [id, card] of cards) {
      if (!shown.has(id)) { card.stop(); card.element.remove(); cards.delete(id); }
    }
    for (const job of roots) {
      if (!cards.has(job.id)) cards.set(job.id, jobCard(reuse));
      cards.get(job.id).show(job, versionsOf(job, own));
    }
    const order = roots.map((job) => cards.get(job.id).element);
    if (order.some((each, index) => list.children[index] !== each)) list.append(...order);
    empty.hidden = roots.length > 0;
  }

  const stopWatching = watchJobs(draw);
  return { element, stop: () => { stopWatching(); for (const card of cards.values()) card.stop(); } };
}

/** Jobs that go on from a job, oldest first, however far removed. */
function versionsOf(root, jobs) {
  const family = [root];
  for (let index = 0; index < family.length; index += 1) {
    family.push(...jobs.filter((job) => job.parent === family[index].id).sort((a, b) => a.created_s - b.created_s));
  }
  return family.slice(1);
}

function jobCard(reuse) {
  const body = el("div", { class: "stack" });
  const own = jobParts(reuse, titleOf);
  const parts = new Map();
  const element = el("li", { class: "card stack job" }, own.head, own.state, body);
  let result = null;

  function show(job, versions) {
    own.update(job);
    if (job.state !== "done") return;
    result ??= resultOf(job, body);
    for (const version of versions) {
      if (!parts.has(version.id)) parts.set(version.id, jobParts(null, () => null));
      parts.get(version.id).update(version);
    }
    result.show(versions, parts);
  }
  return { element, show, stop: () => result?.stop() };
}

/** The head of a job and how far it is: {head, state, update(job)}. They stay the same elements, so that what is open stays open. */
export function jobParts(reuse, heading) {
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
    fill(head, heading(job), badge(job), actions(job, reuse));
    if (job.state !== "queued") log ??= logOf(job);
    fill(state, job.state === "running" ? bar.element : null,
      job.state === "failed" ? el("p", { class: "bad", role: "alert" }, job.error) : null, log);
  }
  return { head, state, update };
}

export function titleOf(job) {
  const map = job.result?.maps?.[0];
  const title = map ? `${map.artist} – ${map.title}` : job.title;
  const when = new Date(job.created_s * 1000).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
  return el("div", { class: "grow" }, el("h3", { class: "ellipsis", title }, title), el("p", { class: "muted small" }, when));
}

const badge = (job) => el("span", { class: `badge ${job.state}` },
  job.state === "queued" ? t("state.queued", { position: job.position }) : t(`state.${job.state}`));

function actions(job, reuse) {
  const button = (key, onclick, kind = "quiet") => el("button", { type: "button", class: `button small ${kind}`, onclick }, t(key));
  const isActive = job.state === "queued" || job.state === "running";
  return el("div", { class: "row nowrap" },
    isActive && !job.wants_cancel ? button("generate.cancel", () => act(post(`/api/jobs/${job.id}/cancel`)), "") : null,
    isActive ? null : menu(job, reuse, button));
}

function menu(job, reuse, button) {
  return el("details", { class: "menu" }, el("summary", { class: "button quiet small", "aria-label": t("generate.job_menu") }, "⋯"),
    el("div", { class: "menu-items", onclick: (event) => event.currentTarget.parentElement.removeAttribute("open") },
      reuse ? button("generate.reuse", () => reuse(job.options)) : null,
      button("generate.copy_command", () => navigator.clipboard.writeText(job.command)),
      isLocal && job.state === "done" ? button("generate.open_folder", () => act(post(`/api/jobs/${job.id}/open-folder`))) : null,
      button("generate.dismiss", () => act(remove(`/api/jobs/${job.id}`)))));
}

export async function act(asked) {
  try {
    await asked;
  } catch (error) {
    alert(error.message || t("shell.no_answer"));
  }
  refreshJobs();
}

/** How far a running job is: {element, show(job)}. */
function progressBar() {
  const bar = el("progress", { max: 1 });
  const at = el("span");
  const left = el("span");
  const element = el("div", { class: "stack tight" }, bar, el("p", { class: "small muted row between" }, at, left));

  function show(job) {
    const progress = job.progress;
    if (!progress) {
      bar.removeAttribute("value");
      at.textContent = t("generate.getting_ready");
    } else {
      const stage = textOr(`stage.${progress.stage.replaceAll(" ", "_")}`, progress.stage);
      bar.max = progress.total;
      bar.value = progress.done;
      at.textContent = t("generate.at_stage", { stage, done: progress.done, total: progress.total });
    }
    left.textContent = progress?.remaining_s ? t("generate.remaining", { time: clock(progress.remaining_s) }) : "";
    bar.setAttribute("aria-label", at.textContent);
  }
  return { element, show };
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
