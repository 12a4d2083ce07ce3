"""Red lines of timing sections: bars, and exact times of changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from beat_tracking.bars import Bars, vote_bars
from beat_tracking.grids import OUTLIER_SIGMAS, Grid, Observations
from beat_tracking.segments import Segment, beat_costs
from beat_tracking.tempi import with_settled_tempi
from osu_beatmap.beatmap import TimingPoint

_MARK_BONUS = 3.0
_SLACK_COST = 2.0  # what a line on a downbeat may cost more than one on the very beat of the change
_SURE_DOWNBEATS = 6.0  # nats
_RAMP_ERROR_MS = 5.0
_RAMP_LINE_BEATS = 16


def lines_of_segments(observed: Observations, downbeats: np.ndarray, segments: Sequence[Segment]) -> list[TimingPoint]:
    """Return the red lines of segments with constant or evenly changing tempo.

    Args:
        downbeats: Degree to which each beat is a downbeat, 0..1 [beats].
    """
    segments = with_settled_tempi(observed, segments)
    parts = [observed.span(segment.first, segment.stop) for segment in segments]
    numbers = [segment.grid.number(part.times_ms) for segment, part in zip(segments, parts, strict=True)]
    bars = vote_bars(numbers, [downbeats[segment.first : segment.stop] for segment in segments])
    lines = _lines_from(segments[0], bars[0], [_first_number(parts[0].times_ms, segments[0].grid, bars[0])], observed)
    for index in range(1, len(segments)):
        at = _change_numbers(observed, segments[index - 1], segments[index], bars[index], lines[0].time_ms)
        following = _lines_from(segments[index], bars[index], at, observed)
        while len(lines) > 1 and lines[-1].time_ms > following[0].time_ms - lines[-1].beat_length_ms / 2:
            lines.pop()
        lines += following
    return lines


def _lines_from(segment: Segment, bars: Bars, numbers: Sequence[float], observed: Observations) -> list[TimingPoint]:
    """Return red lines at these beats of a segment.

    A changing tempo needs further lines.
    """
    last = segment.grid.number(observed.times_ms[segment.stop - 1 : segment.stop])
    stops = [*numbers[1:], *(last if len(last) else numbers[-1:])]
    pieces = [piece for each in zip(numbers, stops, strict=True) for piece in _pieces(segment.grid, *each, bars)]
    lines = []
    for (number, beat_ms), (following, _) in zip(pieces, [*pieces[1:], (np.inf, 0.0)], strict=True):
        to_downbeat = (bars.first - number) % bars.meter
        # A line begins a bar of its own; the next one ends it where that is the downbeat.
        meter = to_downbeat if to_downbeat and following - number == to_downbeat else bars.meter
        time_ms = max(0.0, float(np.rint(segment.grid.times_ms(number))))
        lines.append(TimingPoint(time_ms, beat_length_ms=beat_ms, meter=int(meter)))
    return lines


def _pieces(grid: Grid, number: float, stop: float, bars: Bars) -> Iterator[tuple[float, float]]:
    """Yield beats and beat lengths of lines close to a grid.

    They stay within 5 ms of it, on downbeats if the bars are short enough.
    """
    if grid.drift == 0:
        yield number, grid.period_ms
        return
    while True:
        times_ms = grid.times_ms(number + np.arange(_RAMP_LINE_BEATS + 1))
        length = next(m for m in range(_RAMP_LINE_BEATS, 0, -1) if _chord_error_ms(times_ms[: m + 1]) <= _RAMP_ERROR_MS)
        on_downbeat = [m for m in range(1, length + 1) if (number + m - bars.first) % bars.meter == 0]
        begins_bar = (number - bars.first) % bars.meter == 0
        length = on_downbeat[-1 if begins_bar else 0] if on_downbeat else length
        yield number, float((times_ms[length] - times_ms[0]) / length)
        number += length
        if number >= stop:
            return


def _chord_error_ms(times_ms: np.ndarray) -> float:
    return float(np.abs(times_ms - np.linspace(times_ms[0], times_ms[-1], len(times_ms))).max())


def _first_number(times_ms: np.ndarray, grid: Grid, bars: Bars) -> float:
    """Return the last downbeat that is not after the first beat.

    If that is before 0 ms, return the first one that is not.
    """
    first_ms = float(times_ms[0]) if len(times_ms) else 0.0
    number = float(grid.number(np.array([first_ms]))[0])
    number -= (number - bars.first) % bars.meter
    earliest = float(np.ceil(grid.position(np.array([-0.5]))[0]))
    if number < earliest:
        number = earliest + (bars.first - earliest) % bars.meter
    return number


def _change_numbers(
    observed: Observations, previous: Segment, segment: Segment, bars: Bars, after_ms: float
) -> list[float]:
    """Return the beat of a new grid for a change's red line.

    A second one follows if no downbeat is near enough to the change.
    """
    times_ms, grid = observed.times_ms, segment.grid
    at = float(grid.number(times_ms[segment.first : segment.first + 1])[0])
    numbers = np.arange(at - bars.meter, at + bars.meter + 1)
    numbers = numbers[grid.times_ms(numbers) >= after_ms + grid.period_ms / 2]
    if len(numbers) == 0:
        return [float(np.ceil(grid.position(np.array([after_ms]))[0] + 0.5))]
    costs = _misplacement_costs(observed, previous, segment, numbers) + 0.01 * np.abs(numbers - at)
    on_downbeat = (numbers - bars.first) % bars.meter == 0
    if on_downbeat.any() and (cost := costs[on_downbeat].min()) <= _SLACK_COST + costs.min():
        return [float(numbers[on_downbeat & (costs == cost)][0])]
    number = float(numbers[costs.argmin()])
    to_downbeat = (bars.first - number) % bars.meter
    bars_ahead = (times_ms[segment.stop - 1] - times_ms[segment.first]) / (bars.meter * grid.period_ms)
    is_unsure = bars.lead < _SURE_DOWNBEATS or bars_ahead < 4
    return [number] if to_downbeat == 0 or is_unsure else [number, number + to_downbeat]


def _misplacement_costs(observed: Observations, previous: Segment, segment: Segment, numbers: np.ndarray) -> np.ndarray:
    """Return the costs of lines on the new grid's beats `numbers`.

    They are relative to the cost of the change at its detected time.
    """
    nearby = observed.span(max(previous.first, segment.first - 32), min(segment.stop, segment.first + 32))
    old_cost, new_cost = beat_costs(nearby, [previous.grid, segment.grid]).T
    is_new = nearby.times_ms >= observed.times_ms[segment.first]
    lines_ms = segment.grid.times_ms(numbers)
    follows_new = nearby.times_ms[:, None] >= lines_ms - segment.grid.period_ms / 4
    extra = np.where(is_new[:, None], old_cost[:, None] - new_cost[:, None], new_cost[:, None] - old_cost[:, None])
    costs = np.where(follows_new != is_new[:, None], extra, 0.0).sum(axis=0)
    marks_ms = nearby.times_ms[nearby.marks]
    if len(marks_ms):
        off_mark_ms = np.abs(lines_ms[:, None] - marks_ms).min(axis=1)
        costs -= np.where(off_mark_ms < OUTLIER_SIGMAS * observed.sigma_ms, _MARK_BONUS, 0.0)
    return costs
