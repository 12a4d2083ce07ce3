// The page that makes maps: the form on one side, jobs and their results on the other.

import { refreshJobs } from "/static/api.js";
import { el } from "/static/dom.js";
import { generateForm } from "/static/generate/form.js";
import { jobList } from "/static/generate/jobs.js";

export async function mount(root) {
  const form = await generateForm(refreshJobs);
  const list = jobList({ kinds: ["generate"], reuse: (options) => { form.write(options); scrollTo({ top: 0 }); } });
  root.append(el("div", { class: "generate" }, form.element, list.element));
  return list.stop;
}
