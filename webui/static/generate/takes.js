// Alternatives for a selected part: ordered together, compared in one player, and one of them kept or none.

import { get } from "/static/api.js";
import { t } from "/static/texts.js";

export const HOW_MANY = 3;
const MOST_COMPARED = 4;

/** What tells versions of one part apart from others: the map that they change, and the part. */
const partOf = ({ parent, options }) => [parent, options.beatmap_path?.file, options.start_time, options.end_time].join();

/** Versions of the same part of the same map, the given one among them, in the order in which they were ordered. */
export const takesOf = (version, versions) => versions.filter((each) => partOf(each) === partOf(version));

/** Maps for a player: the part as it was, then as each take has it. */
export async function comparedMaps(takes) {
  const done = takes.filter((take) => take.state === "done").slice(0, MOST_COMPARED - 1);
  const changed = (maps, take) => maps.find((map) => map.name === take.options.beatmap_path.file) ?? maps[0];
  const [before, ...after] = await Promise.all([done[0].parent, ...done.map((take) => take.id)].map((id) => get(`/api/jobs/${id}/maps`)));
  return [
    { ...changed(before, done[0]), version: t("generate.before") },
    ...after.map((maps, index) => ({ ...changed(maps, done[index]), version: t("generate.take", { number: index + 1 }) })),
  ];
}

/** The part that a version changes; null where it has no bounds. */
export function spanOf({ options }) {
  const [startMs, endMs] = [Number(options.start_time), Number(options.end_time)];
  return endMs > startMs ? { startMs, endMs } : null;
}
