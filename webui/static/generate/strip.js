// The job that was ordered last, in a strip over the page until it is looked at: started, how far, done. Screen readers
// hear of it, the title of the tab counts along, and on phones the running job stays in sight.

import { jobs as allJobs, watchJobs } from "/static/api.js";
import { el } from "/static/dom.js";
import { t } from "/static/texts.js";
import { nameOf } from "/static/generate/facts.js";
import { percentOf, progressBar } from "/static/generate/progress.js";

const isActive = (job) => job.state === "queued" || job.state === "running";

/** {element, follow(job), stop()}. `list` shows jobs: reveal(id), open(id) and isInSight(id). */
export function jobStrip({ kinds, list }) {
  const pageTitle = document.title;
  const said = el("p", { class: "visually-hidden", role: "status" });
  const title = el("b", { class: "grow ellipsis" });
  const bar = progressBar();
  const show = el("button", { type: "button", class: "button primary small", onclick: look }, t("generate.show_me"));
  const close = el("button", { type: "button", class: "button quiet small", "aria-label": t("shell.close"), onclick: () => leave() }, "×");
  const strip = el("aside", { class: "strip card stack tight", "aria-label": t("generate.job_at_hand"), hidden: true },
    el("div", { class: "row nowrap" }, title, show, close), bar.element);
  const element = el("div", {}, said, strip);
  let followed = null;
  let told = "";

  /** The job that was ordered here, else one that runs. */
  function current() {
    const own = allJobs.get(followed);
    if (own) return own;
    return [...allJobs.values()].find((job) => kinds.includes(job.kind) && job.state === "running") ?? null;
  }

  function draw() {
    const job = current();
    document.title = job?.state === "running" && job.progress ? `${percentOf(job)} · ${pageTitle}` : pageTitle;
    strip.hidden = !job || (!isActive(job) && job.id !== followed);
    if (strip.hidden) return;
    title.textContent = t(`generate.now_${job.state}`, { title: nameOf(job) });
    bar.show(job);
    bar.element.hidden = !isActive(job);
    close.hidden = isActive(job);
    strip.classList.toggle("in-sight", isActive(job) && list.isInSight(job.id));
    if (job.id === followed) tell(`${job.id} ${job.state}`, title.textContent);
  }

  /** Says a change of state once. */
  function tell(mark, sentence) {
    if (mark === told) return;
    told = mark;
    said.textContent = sentence;
  }

  function look() {
    const job = current();
    if (!job) return;
    list.reveal(job.id);
    if (job.state === "done") list.open(job.id);
    if (!isActive(job)) leave();
  }

  function leave() {
    followed = null;
    draw();
  }

  const stopWatching = watchJobs(draw);
  addEventListener("scroll", draw, { passive: true });
  return {
    element,
    follow(job) {
      followed = job.id;
      draw();
    },
    stop() {
      stopWatching();
      removeEventListener("scroll", draw);
      document.title = pageTitle;
    },
  };
}
