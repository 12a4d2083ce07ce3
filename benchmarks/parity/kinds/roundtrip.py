"""roundtrip/: lists of events, and the .osu files that the original's post-processor made of them.

`<map>.<version>.<variant>.events.json` are the events, with places in whole pixels; the .osu of the same name has the
objects. Its red lines and settings are those of the map in `osu_inputs/`, which the check finds by its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.parity.cases import CaseResult, Outcome, each_case
from benchmarks.parity.events import MERGES_NEAR_PLACES, encoding_of, groups_of
from benchmarks.parity.inputs import input_beatmap
from benchmarks.parity.same_map import compare_maps
from osu_beatmap.model import Beatmap, GameMode
from osu_beatmap.reader import read_beatmap
from osuT5.encoding.published_assembly import assemble_as_published

EVENTS_ENDING = ".events.json"


def check(folder: Path) -> Iterator[CaseResult]:
    yield from each_case("roundtrip", _cases(folder))


def _cases(folder: Path) -> Iterator[tuple[str, Callable[[], Outcome]]]:
    for path in sorted(folder.glob("*" + EVENTS_ENDING)):
        name = path.name.removesuffix(EVENTS_ENDING)
        written = folder / f"{name}.osu"
        if written.is_file():
            yield name, partial(_compare, path, written, folder.parent)


def _compare(events: Path, written: Path, goldens: Path) -> Outcome:
    stem, version, _ = events.name.removesuffix(EVENTS_ENDING).rsplit(".", 2)
    theirs = read_beatmap(written)
    ours = assembled(events, input_beatmap(stem, goldens), version)
    return compare_maps(ours, theirs)


def assembled(events: Path, source: Beatmap, version: str) -> Beatmap:
    spec = encoding_of(version, pixels=True)
    rows = json.loads(events.read_text(encoding="utf-8"))
    keys = source.key_count if source.mode is GameMode.MANIA else 0
    reds = [point for point in source.timing_points if point.uninherited]
    merges = MERGES_NEAR_PLACES[version]
    return assemble_as_published(groups_of(rows, spec), source.mode, reds, source.difficulty, keys, spec, merges)
