// How far a job is: one bar over all of its stages, with the time that is left.

import { el } from "/static/dom.js";
import { clock, number, t, textOr } from "/static/texts.js";

const stageOf = (progress) => textOr(`stage.${progress.stage.replaceAll(" ", "_")}`, progress.stage);

export const percentOf = (job) => (job.progress ? t("generate.percent", { percent: number(100 * job.progress.share) }) : "");

/** A bar for a job: {element, show(job)}. */
export function progressBar() {
  const bar = el("progress", { max: 1 });
  const at = el("span");
  const left = el("span");
  const element = el("div", { class: "stack tight" }, bar, el("p", { class: "small muted row between" }, at, left));

  function show(job) {
    const progress = job.progress;
    if (progress) {
      bar.value = progress.share;
      at.textContent = [percentOf(job), stageOf(progress)].join(" · ");
    } else {
      bar.removeAttribute("value");
      at.textContent = job.state === "queued" ? t("state.queued", { position: job.position }) : t("generate.getting_ready");
    }
    left.textContent = progress?.left_s ? t("generate.remaining", { time: clock(progress.left_s) }) : "";
    bar.setAttribute("aria-label", at.textContent);
  }
  return { element, show };
}
