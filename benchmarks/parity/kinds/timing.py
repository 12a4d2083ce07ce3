"""timing/: red lines fitted to beat events.

`<map>.<version>[.jitter].json`: the events, the leniency in ms, and the fitted lines as written and as numbers
(time, beat length, meter).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from beat_tracking.red_line_fit import Beats
from benchmarks.parity.cases import CaseResult, Outcome, Verdict, each_case
from benchmarks.parity.events import events_of, read_encoding
from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.files.timing_point_lines import parse_timing_line
from parity.assembly.groups import beats_as_published
from parity.beat_fit import fit_red_lines_as_published

LIMIT = 1e-4
"""Of times and beat lengths, in ms."""


def check(folder: Path) -> Iterator[CaseResult]:
    yield from each_case("timing", _cases(folder))


def _cases(folder: Path) -> Iterator[tuple[str, Callable[[], Outcome]]]:
    for path in sorted(folder.glob("*.json")):
        yield path.stem, partial(_compare, path)


def _compare(path: Path) -> Outcome:
    data = json.loads(path.read_text(encoding="utf-8"))
    version = path.stem.removesuffix(".jitter").rpartition(".")[2]
    marked = beats_as_published(events_of(data["events"]), read_encoding(version).types_first)
    beats = Beats(
        times_ms=np.array([beat.time_ms for beat in marked], dtype=np.float64),
        is_measure=np.array([beat.starts_bar for beat in marked], dtype=bool),
        is_timing_point=np.array([beat.starts_tempo for beat in marked], dtype=bool),
    )
    ours = fit_red_lines_as_published(beats, data["leniency"])
    theirs = [parse_timing_line(line, 14) for line in data["timing_points"]]
    if len(ours) != len(theirs):
        return Verdict.DIFFERS, "", f"{len(ours)} lines, not {len(theirs)}"
    for own, other in zip(ours, theirs, strict=True):
        if _rest(own) != _rest(other):
            return Verdict.DIFFERS, "", f"{own}, not {other}"
    worst = max((_error(own, other) for own, other in zip(ours, data["raw"], strict=True)), default=0.0)
    return (Verdict.OK if worst <= LIMIT else Verdict.DIFFERS), f"{worst:.1e} ms", ""


def _rest(line: TimingPoint) -> tuple:
    return line.meter, line.sample_set, line.sample_index, line.volume, line.uninherited, line.effects


def _error(own: TimingPoint, other: tuple[float, float, int]) -> float:
    time_ms, beat_ms, _ = other
    return max(abs(own.time_ms - time_ms), abs(own.beat_length_ms - beat_ms))
