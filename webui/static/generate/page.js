// The page that makes maps: the form on one side, jobs and their results on the other.

import { refreshJobs } from "/static/api.js";
import { el } from "/static/dom.js";
import { generateForm } from "/static/generate/form.js";
import { jobList } from "/static/generate/jobs.js";
import { jobStrip } from "/static/generate/strip.js";

const KINDS = ["generate"];

export async function mount(root) {
  const form = await generateForm(ordered);
  const list = jobList({ kinds: KINDS, reuse: (options) => { form.write(options); scrollTo({ top: 0 }); } });
  const strip = jobStrip({ kinds: KINDS, list });

  async function ordered(job) {
    await refreshJobs();
    list.reveal(job.id);
    strip.follow(job);
  }

  root.append(el("div", { class: "generate" }, form.element, list.element), strip.element);
  return () => { list.stop(); strip.stop(); };
}
