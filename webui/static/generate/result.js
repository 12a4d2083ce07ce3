// What came out of a job: its maps, files and warnings, a player, and the versions that were made from it.

import { get, post, refreshJobs } from "/static/api.js";
import { el, fill } from "/static/dom.js";
import { timing } from "/static/generate/timing.js";
import { clock, number, size, t, textOr } from "/static/texts.js";
import { HOW_MANY, comparedMaps, spanOf, takesOf } from "/static/generate/takes.js";
import { inPageWords, translated } from "/static/generate/words.js";

/** The result of a job in an element: {show(versions, parts), open(), stop()}. `dismiss(job)` takes a version away. */
export function resultOf(job, element, dismiss) {
  const player = el("div", { class: "player" });
  const versionList = el("ol", { class: "stack tight versions", "aria-label": t("generate.versions") });
  const said = el("p", { class: "bad small", role: "alert", hidden: true });
  let mounted = null;
  let watched = job;
  let seen = "";

  const watch = el("button", { type: "button", class: "button", "aria-expanded": "false", onclick: toggle }, t("generate.see_and_hear"));
  const remake = el("div", { class: "row", hidden: true },
    el("button", { type: "button", class: "button", onclick: () => remakePart(1) }, t("generate.remake")),
    el("button", { type: "button", class: "button", onclick: () => remakePart(HOW_MANY) }, t("generate.three_takes")));
  fill(element, maps(job), timing(job.result), warnings(job), fileLinks(job, [watch]), el("div", { class: "stack tight" }, player, remake, said), versionList);

  async function toggle() {
    if (mounted) { close(); return; }
    await open(watched);
  }

  function close() {
    mounted?.destroy();
    mounted = null;
    fill(player);
    remake.hidden = true;
    watch.setAttribute("aria-expanded", "false");
    watch.textContent = t("generate.see_and_hear");
  }

  const open = (version) => mount(version, () => get(`/api/jobs/${version.id}/maps`), () => {
    mounted.onSpan((span) => { remake.hidden = !span; });
  });

  /** The part before and in each of its takes, side by side on one clock. */
  const compare = (version, takes) => mount(version, () => comparedMaps(takes), async () => {
    const span = spanOf(version);
    await mounted.ready;
    if (!span) return;
    mounted?.select(span);
    mounted?.seek(span.startMs);
  });

  async function mount(version, read, then) {
    close();
    watched = version;
    said.hidden = true;
    try {
      const { mountPlayer } = await import("/static/preview/player.js");
      mounted = mountPlayer(player, { maps: await read(), texts: t });
      watch.setAttribute("aria-expanded", "true");
      watch.textContent = t("generate.close_player");
      player.scrollIntoView({ block: "nearest" });
      await then();
    } catch (error) {
      tell(error);
    }
  }

  function tell(error) {
    said.textContent = error.message || t("shell.no_answer");
    said.hidden = false;
  }

  /** Orders the selected part of the map that is looked at anew, so many times. */
  async function remakePart(count) {
    const span = mounted?.selectedSpan();
    if (!span) return;
    const map = watched.result.maps.find((each) => each.name === span.map) ?? watched.result.maps[0];
    const options = { ...kept(watched.options), beatmap_path: { job: watched.id, file: map.name }, add_to_beatmap: "true",
      start_time: String(Math.round(span.startMs)), end_time: String(Math.round(span.endMs)) };
    try {
      for (let take = 0; take < count; take += 1) await post("/api/jobs", { kind: "generate", parent: watched.id, options });
      said.hidden = true;
    } catch (error) {
      tell(error);
    }
    refreshJobs();
  }

  /** Shows the versions that went on from this job; `parts`: id -> its head and how far it is. */
  function show(versions, parts) {
    const marks = versions.map((version) => version.id + version.state).join();
    if (marks === seen) return;
    seen = marks;
    const heading = versions.length ? el("li", { class: "label muted small" }, t("generate.versions")) : null;
    fill(versionList, heading, versions.map((version, index) => {
      const { head, state } = parts.get(version.id);
      return el("li", { class: "version stack tight" },
        el("div", { class: "row between nowrap" }, el("b", { class: "grow" }, versionTitle(version, index + 2)), head),
        state, version.state === "done" ? [warnings(version), fileLinks(version, versionButtons(version, takesOf(version, versions)))] : null);
    }));
  }

  function versionButtons(version, takes) {
    const button = (key, onclick) => el("button", { type: "button", class: "button", onclick }, t(key));
    const others = takes.filter((take) => take.id !== version.id && !isActive(take));
    return [
      button("generate.see_and_hear", () => open(version)),
      version.options.beatmap_path?.file ? button("generate.compare", () => compare(version, takes)) : null,
      others.length ? button("generate.keep_take", () => others.forEach(takeAway)) : null,
      button("generate.undo", () => takeAway(version)),
    ];
  }

  function takeAway(version) {
    if (mounted) close();
    watched = job;
    dismiss(version);
  }

  return { show, open: () => (mounted ? null : open(watched)), stop: close };
}

const isActive = (job) => job.state === "queued" || job.state === "running";

const KEPT = ["model_path", "lora_path", "device", "precision", "temperature", "top_p", "top_k", "cfg_scale", "diff_ckpt",
  "descriptors", "negative_descriptors", "mapper_id", "year", "generate_positions"];

/** Options of a job that a part of its map is made anew with. */
const kept = (options) => Object.fromEntries(KEPT.filter((name) => name in options).map((name) => [name, options[name]]));

function versionTitle(version, index) {
  const span = version.result?.span ?? [version.options.start_time, version.options.end_time];
  const [from, to] = span.map((ms) => (ms === null || ms === undefined ? "" : clock(Number(ms) / 1000)));
  return t("generate.version", { number: index, from, to });
}

function maps(job) {
  return el("ul", { class: "maps" }, job.result.maps.map((map) => {
    const counts = Object.entries(map.counts).filter(([, count]) => count)
      .map(([kind, count]) => `${number(count)} ${textOr(`count.${kind.replaceAll(" ", "_")}`, kind)}`);
    return el("li", {},
      el("span", { class: "stars" }, t("generate.stars", { stars: number(map.stars, 2) })),
      el("b", { class: "grow ellipsis" }, map.version),
      el("span", { class: "muted small" }, [t(`mode.${map.mode}`), ...counts, clock(map.length_ms / 1000)].join(" · ")));
  }));
}

function warnings(job) {
  const found = job.result.warnings ?? [];
  if (!found.length) return null;
  return el("details", { class: "small" }, el("summary", { class: "warn" }, t("generate.notes", { count: number(found.length) })),
    el("ul", { class: "notes" }, found.map((each) => el("li", { lang: translated(each) ? null : "en" }, inPageWords(each)))));
}

export function fileLinks(job, more) {
  return el("div", { class: "row" }, job.result.files.map((file) => {
    const isMain = file.name.endsWith(".osz");
    return el("a", { class: `button ${isMain ? "primary" : ""}`, href: `/api/jobs/${job.id}/files/${encodeURIComponent(file.name)}`,
      download: file.name, title: `${file.name} (${size(file.bytes)})` },
    t("generate.download", { kind: file.name.replace(/^.*?(\.report)?\.(\w+)$/, "$1.$2") }));
  }), more);
}
