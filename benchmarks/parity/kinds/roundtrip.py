"""roundtrip/: event lists, and the original's .osu files from them.

`<map>.<version>.<variant>.events.json` are the events, with places in whole pixels; the .osu of the same name has the
objects. Its red lines and settings are those of the map in `osu_inputs/`, which the check finds by its name. In the
variants whose name ends with `resnap`, the times of the events have been moved from those of `parse/` to ticks.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

from benchmarks.parity.cases import Named, Outcome, Verdict
from benchmarks.parity.events import events_of, family_named, read_encoding
from benchmarks.parity.folders import read_json
from benchmarks.parity.inputs import input_beatmap
from benchmarks.parity.same_map import compare_maps
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.files.reader import read_beatmap
from osuT5.tokens.events import EventGroup, EventKind
from parity.assembly.assembly import assemble_as_published
from parity.assembly.groups import groups_as_published
from parity.assembly.resnap import resnap_as_published

EVENTS_ENDING = ".events.json"


def cases(folder: Path) -> Named:
    for path in sorted(folder.glob("*" + EVENTS_ENDING)):
        name = path.name.removesuffix(EVENTS_ENDING)
        written = folder / f"{name}.osu"
        if written.is_file():
            yield name, partial(_compare, path, written, folder.parent)
        if name.endswith("resnap"):
            yield f"{name} times", partial(_compare_times, path, folder.parent)


def _compare(events: Path, written: Path, goldens: Path) -> Outcome:
    stem, version, _ = events.name.removesuffix(EVENTS_ENDING).rsplit(".", 2)
    theirs = read_beatmap(written)
    ours = assemble_events(events, input_beatmap(stem, goldens), version)
    return compare_maps(ours, theirs)


def _compare_times(events: Path, goldens: Path) -> Outcome:
    """Compare snapped times of the events of `parse/`, in any order."""
    stem, version, _ = events.name.removesuffix(EVENTS_ENDING).rsplit(".", 2)
    parsed = goldens / "parse" / f"{stem}.{version}.json"
    types_first = read_encoding(version).types_first
    theirs = groups_as_published(events_of(read_json(events)), types_first)
    parts = read_json(parsed).values()
    reds = [point for point in input_beatmap(stem, goldens).timing_points if point.uninherited]
    snapped = [resnap_as_published(events_of(part.get("events", ())), reds) for part in parts]
    kinds = {group.kind for group in theirs}
    every = (group for part in snapped for group in groups_as_published(part, types_first))
    ours = [group for group in every if group.kind in kinds]
    own_times, their_times = Counter(map(_select_time_events, ours)), Counter(map(_select_time_events, theirs))
    wrong = (own_times - their_times).total() + (their_times - own_times).total()
    return (Verdict.DIFFERS if wrong else Verdict.OK), f"{wrong} of {len(theirs)}", ""


def _select_time_events(group: EventGroup) -> tuple:
    """Return the events of a group that concern its time."""
    return group.kind, *(event for event in group.events if event.kind in (EventKind.TIME, EventKind.SNAPPING))


def assemble_events(events: Path, source: Beatmap, version: str) -> Beatmap:
    spec = read_encoding(version, pixels=True)
    rows = read_json(events)
    keys = source.key_count if source.mode is GameMode.MANIA else 0
    reds = [point for point in source.timing_points if point.uninherited]
    merges = family_named(version).merges_near_places
    groups = groups_as_published(events_of(rows), spec.types_first)
    return assemble_as_published(groups, source.mode, reds, source.difficulty, keys, spec, merges)
