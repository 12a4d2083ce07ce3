"""timing/: red lines fitted to beat events.

`<map>.<version>[.jitter].json`: the events, the leniency in ms, and the fitted lines as written and as numbers
(time, beat length, meter).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.parity.cases import Named, Outcome, Verdict
from benchmarks.parity.events import convert_beats, events_of, read_encoding
from benchmarks.parity.folders import read_json
from benchmarks.parity.same_map import untimed_part
from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.files.timing_point_lines import parse_timing_line
from parity.assembly.groups import beats_as_published
from parity.beat_fit import fit_red_lines_as_published

LIMIT = 1e-4
"""Of times and beat lengths, in ms."""


def cases(folder: Path) -> Named:
    for path in sorted(folder.glob("*.json")):
        yield path.stem, partial(_compare, path)


def _compare(path: Path) -> Outcome:
    data = read_json(path)
    version = path.stem.removesuffix(".jitter").rpartition(".")[2]
    marked = beats_as_published(events_of(data["events"]), read_encoding(version).types_first)
    ours = fit_red_lines_as_published(convert_beats(marked), data["leniency"])
    theirs = [parse_timing_line(line, 14) for line in data["timing_points"]]
    if len(ours) != len(theirs):
        return Verdict.DIFFERS, "", f"{len(ours)} lines, not {len(theirs)}"
    for own, other in zip(ours, theirs, strict=True):
        if untimed_part(own) != untimed_part(other):
            return Verdict.DIFFERS, "", f"{own}, not {other}"
    worst = max((_error(own, other) for own, other in zip(ours, data["raw"], strict=True)), default=0.0)
    return (Verdict.OK if worst <= LIMIT else Verdict.DIFFERS), f"{worst:.1e} ms", ""


def _error(own: TimingPoint, other: tuple[float, float, int]) -> float:
    time_ms, beat_ms, _ = other
    return max(abs(own.time_ms - time_ms), abs(own.beat_length_ms - beat_ms))
