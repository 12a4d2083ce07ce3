// What a job is about, in a few words: mode, stars, keys, style and seed, from its result or else from its options.

import { el } from "/static/dom.js";
import { number, t } from "/static/texts.js";

/** The mode of a job's maps; null where a reference map decides it and has not yet. */
export function modeOf(job) {
  const mode = job.result?.maps?.[0]?.mode ?? job.options.gamemode ?? (job.options.beatmap_path && !job.options.beatmap_path.timing ? null : 0);
  return mode === null ? null : Number(mode);
}

/** The name of the song as far as it is known. */
export function nameOf(job) {
  const map = job.result?.maps?.[0];
  return map ? `${map.artist} – ${map.title}` : job.options.title ? [job.options.artist, job.options.title].filter(Boolean).join(" – ") : job.title;
}

export const seedOf = (job) => job.result?.seed ?? job.options.seed ?? null;

/** Short texts of what is known, in a fixed order. */
export function factsOf(job) {
  const mode = modeOf(job);
  const keys = job.result?.maps?.[0]?.keys || (mode === 3 ? job.options.keycount : null);
  const seed = seedOf(job);
  return [
    mode === null ? null : t(`mode.${mode}`),
    starsOf(job),
    keys ? t("generate.keys", { keys }) : null,
    ...listOf(job.options.descriptors).map((name) => name.split("/").at(-1)),
    seed === null ? null : t("generate.seed", { seed }),
  ].filter(Boolean);
}

function starsOf(job) {
  const found = job.result?.maps?.map((map) => map.stars);
  if (found?.length) {
    const [low, high] = [Math.min(...found), Math.max(...found)].map((stars) => number(stars, 2));
    return t("generate.stars", { stars: low === high ? low : `${low}–${high}` });
  }
  const asked = job.options.difficulties ? listOf(job.options.difficulties) : listOf(job.options.difficulty);
  return asked.length ? t("generate.stars", { stars: asked.join(", ") }) : null;
}

export const factLine = (job) => el("ul", { class: "facts row" }, factsOf(job).map((fact) => el("li", { class: "badge" }, fact)));

/** Everything that a search looks through. */
export const searchText = (job) => [nameOf(job), job.title, ...factsOf(job), ...(job.result?.maps ?? []).map((map) => map.version)]
  .join(" ").toLowerCase();

function listOf(value) {
  if (value === undefined || value === null) return [];
  const items = Array.isArray(value) ? value : String(value).replace(/[[\]]/g, "").split(",");
  return items.map((each) => String(each).trim()).filter(Boolean);
}
