"""parse/: events and times of the maps in `osu_inputs/`.

`<map>.<version>.json` has for each part of a map the events and their times in ms; or the error with which the original
failed. `timing_from_tps_<n>s` are the beats of the map's lines alone, for a song of n seconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from benchmarks.parity.cases import Named, Outcome, Verdict, same_list
from benchmarks.parity.events import Row, read_encoding, read_rows
from benchmarks.parity.folders import read_json
from benchmarks.parity.inputs import input_path
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.quirks import PUBLISHED
from osuT5.encoding import encode_context
from osuT5.encoding.writer import whole_ms
from osuT5.tokens.events import ContextKind, EventGroup

LINES_ALONE = re.compile(r"timing_from_tps_(\d+)s")
SONG_MS = 180_000.0
"""Bounds the beats of maps without objects."""

FAILURES = {
    "'bool' object has no attribute 'split'": "circles and spinners without a sample field",
}
"""What the original's message for a failure says -> what it fails at."""


def cases(folder: Path) -> Named:
    for path in sorted(folder.glob("*.json")):
        for part, written in read_json(path).items():
            yield f"{path.stem} {part}", partial(_compare, path, part, written)


def _compare(path: Path, part: str, written: dict) -> Outcome:
    stem, _, version = path.stem.rpartition(".")
    beatmap = _beatmap(input_path(stem, path.parents[1]))
    lines_alone = LINES_ALONE.fullmatch(part)
    song_ms = 1000.0 * int(lines_alone[1]) if lines_alone else SONG_MS
    if lines_alone:
        beatmap = replace(beatmap, hit_objects=[])
    context = ContextKind.TIMING if lines_alone else ContextKind(part)
    ours = _rows(encode_context(beatmap, context, read_encoding(version), song_ms, PUBLISHED))
    if "error" in written:
        known = [cause for text, cause in FAILURES.items() if text in written["error"]]
        cause = f"at {known[0]}" if known else f"with {written['error']}"
        return Verdict.ARGUED, f"{len(ours)} events", f"the original fails {cause}, where we must not"
    return same_list(ours, read_rows(written), "events")


@lru_cache(maxsize=4)
def _beatmap(path: Path) -> Beatmap:
    """Read and cache a map, which callers must not change."""
    return read_beatmap(path, quirks=PUBLISHED)


def _rows(groups: Sequence[EventGroup]) -> list[Row]:
    return [(event.kind.value, event.value, whole_ms(group.time_ms)) for group in groups for event in group.events]
