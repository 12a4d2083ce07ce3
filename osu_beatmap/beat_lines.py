"""From stretches of one tempo to red lines: plain tempi, bars, and where exactly a change is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from osu_beatmap.beat_bars import Bars, vote_bars
from osu_beatmap.beat_grids import OUTLIER_SIGMAS, Grid, Observations, refit
from osu_beatmap.beat_segments import Segment, beat_costs
from osu_beatmap.model import TimingPoint

_MARK_BONUS = 3.0
_SLACK_COST = (
    2.0  # what a line on a downbeat may cost more than one on the very beat of the change: half a beat's error
)
_SURE_DOWNBEATS = 6.0  # nats
# Share of charts whose tempo is a whole number, a half, a tenth, a hundredth; the rest may be anything.
_TEMPO_STEPS_BPM = ((1.0, 0.75), (0.5, 0.08), (0.1, 0.04), (0.01, 0.04))
_ANY_TEMPO = 0.09
_ERROR_MARGIN = 1.5  # errors of neighbouring beats are alike, so the fit is less sure than least squares says
_RAMP_ERROR_MS = 5.0
_RAMP_LINE_BEATS = 16


def lines_of_segments(observed: Observations, downbeats: np.ndarray, segments: Sequence[Segment]) -> list[TimingPoint]:
    """The red lines for stretches of constant or evenly changing tempo; `downbeats` is 0..1 for each beat [beats]."""
    parts = [observed.span(segment.first, segment.stop) for segment in segments]
    segments = [
        replace(segment, grid=_with_plain_tempo(part, segment.grid))
        for segment, part in zip(segments, parts, strict=True)
    ]
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
    """Lines at these beats of a stretch, and at as many more as a changing tempo needs."""
    grid = segment.grid
    lines = []
    last = grid.number(observed.times_ms[segment.stop - 1 : segment.stop])
    for number, stop in zip(numbers, [*numbers[1:], *(last if len(last) else numbers[-1:])], strict=True):
        for at, beat_ms in _pieces(grid, number, stop, bars):
            to_downbeat = int((bars.first - at) % bars.meter)
            time_ms = max(0.0, float(np.rint(grid.times_ms(np.array([at]))[0])))
            lines.append(TimingPoint(time_ms, beat_length_ms=beat_ms, meter=to_downbeat or bars.meter))
    return lines


def _pieces(grid: Grid, number: float, stop: float, bars: Bars) -> Iterator[tuple[float, float]]:
    """Beats and beat lengths of lines that keep within 5 ms of a grid, on downbeats where bars are short enough."""
    if grid.drift == 0:
        yield number, grid.period_ms
        return
    while True:
        times_ms = grid.times_ms(number + np.arange(_RAMP_LINE_BEATS + 1))
        length = next(m for m in range(_RAMP_LINE_BEATS, 0, -1) if _chord_error_ms(times_ms[: m + 1]) <= _RAMP_ERROR_MS)
        on_downbeat = [m for m in range(1, length + 1) if (number + m - bars.first) % bars.meter == 0]
        length = on_downbeat[-1] if on_downbeat else length
        yield number, float((times_ms[length] - times_ms[0]) / length)
        number += length
        if number >= stop:
            return


def _chord_error_ms(times_ms: np.ndarray) -> float:
    return float(np.abs(times_ms - np.linspace(times_ms[0], times_ms[-1], len(times_ms))).max())


def _with_plain_tempo(part: Observations, grid: Grid) -> Grid:
    """The grid with the most probable tempo, given that most songs have a whole number of BPM.

    With s the standard error of the fit, a value v on steps of d BPM that a share p of all songs use has the
    posterior weight p * d * N(v; fit, s); any other tempo together have their share.
    """
    if len(part.times_ms) < 4 or grid.drift:
        return grid
    numbers = grid.number(part.times_ms)
    near = np.abs(grid.errors_ms(part.times_ms)) < OUTLIER_SIGMAS * part.sigma_ms
    spread = np.sqrt((part.weights[near] * (numbers[near] - numbers[near].mean()) ** 2).sum()) if near.any() else 0.0
    if spread == 0:
        return grid
    bpm = 60_000.0 / grid.period_ms
    # The deviation of what lies near, not the bound that was used to find it.
    deviation_ms = max(0.5, float(np.std(grid.errors_ms(part.times_ms[near]))))
    error_bpm = _ERROR_MARGIN * deviation_ms / spread * bpm / grid.period_ms
    best_bpm, best_weight = bpm, _ANY_TEMPO
    for step_bpm, share in _TEMPO_STEPS_BPM:
        plain_bpm = np.rint(bpm / step_bpm) * step_bpm
        density = np.exp(-(((plain_bpm - bpm) / error_bpm) ** 2) / 2) / (error_bpm * np.sqrt(2 * np.pi))
        if share * step_bpm * density > best_weight:
            best_bpm, best_weight = float(plain_bpm), share * step_bpm * density
    middle_ms = grid.phase_ms + grid.period_ms * np.rint(np.median(numbers))
    return refit(part, Grid(60_000.0 / best_bpm, float(middle_ms)), fixed_period=True)


def _first_number(times_ms: np.ndarray, grid: Grid, bars: Bars) -> float:
    """The last downbeat that is not after the first beat; if that is before 0 ms, the first one that is not."""
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
    """The beat of a new grid that a line is on, and a second one where no downbeat is near enough to the change."""
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
    """What a line on each beat `numbers` of the new grid costs more than the change where it was found."""
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
