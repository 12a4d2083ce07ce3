"""Red lines from noisy beats: the fewest that explain them, each with tempo, offset and meter.

Beats come from a model, so some are missing, some are extra, downbeats are wrong now and then and the
octave flips for a stretch. A whole song is fitted at once: of 500 beats, each off by 10 ms, the tempo is known to
about 0.001 BPM. Bad input never raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from osu_beatmap.beat_segments import (
    MAX_BPM,
    MAX_SIGMA_MS,
    MIN_BPM,
    MIN_SIGMA_MS,
    OUTLIER_COST,
    OUTLIER_SIGMAS,
    Grid,
    Observations,
    Segment,
    beat_costs,
    estimate_sigma_ms,
    refit,
    segment_beats,
)
from osu_beatmap.model import TimingPoint

DEFAULT_BPM = 120.0
METERS = (4, 3, 2, 5, 6, 7)
MAX_BEATS = 20_000

_SAME_BEAT_MS = 40.0
_METER_BONUS = {4: 0.06, 3: 0.03}
_STRONG_DOWNBEATS = 0.6
_MARK_BONUS = 3.0
# Share of charts whose tempo is a whole number, a half, a tenth, a hundredth; the rest may be anything.
_TEMPO_STEPS_BPM = ((1.0, 0.75), (0.5, 0.08), (0.1, 0.04), (0.01, 0.04))
_ANY_TEMPO = 0.09
_ERROR_MARGIN = 1.5  # errors of neighbouring beats are alike, so the fit is less sure than least squares says


@dataclass(frozen=True, slots=True)
class Beats:
    """Beats of a song, in any order; all arrays have shape [beats].

    `is_measure` marks downbeats, `is_timing_point` beats at which a red line was announced (also downbeats).
    `resolution_ms` is the step in which the times are given, 0 where they are exact.
    """

    times_ms: np.ndarray
    is_measure: np.ndarray
    is_timing_point: np.ndarray
    resolution_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class _Bars:
    """Downbeats are the beats k of a grid with k % meter == first; `share` is how well the votes agree, 0..1."""

    meter: int
    first: int
    share: float


def fit_red_lines(
    beats: Beats, song_ms: float, max_error_ms: float | None = None, default_bpm: float = DEFAULT_BPM
) -> list[TimingPoint]:
    """The fewest red lines that explain the beats, in time order, at whole milliseconds; at least one.

    `max_error_ms` is how far a beat may lie from the grid before it counts as wrong; without it, it follows
    from the regularity of the beats themselves. The first line is on the last downbeat that is not after
    the first beat, or on the first downbeat from 0 ms on. A change of tempo by exactly 2 or 1/2 is followed only
    where `is_timing_point` announces it. Without beats `default_bpm` holds from 0 ms on.
    """
    clean = clean_beats(beats, song_ms)
    times_ms = clean.times_ms
    if max_error_ms is None:
        sigma_ms = estimate_sigma_ms(times_ms, beats.resolution_ms)
    else:
        sigma_ms = float(np.clip(max_error_ms / OUTLIER_SIGMAS, MIN_SIGMA_MS, 2 * MAX_SIGMA_MS))
    observed = Observations(times_ms, np.ones(len(times_ms)), clean.is_timing_point, sigma_ms)
    downbeats = clean.is_measure | clean.is_timing_point
    return lines_of_segments(observed, downbeats, segments_or_default(observed, default_bpm))


def clean_beats(beats: Beats, song_ms: float) -> Beats:
    """Finite beats within the song, in order; of those less than 40 ms apart only the first."""
    times_ms = np.asarray(beats.times_ms, np.float64).reshape(-1)
    is_measure = np.asarray(beats.is_measure, bool).reshape(-1)
    is_timing_point = np.asarray(beats.is_timing_point, bool).reshape(-1)
    assert len(times_ms) == len(is_measure) == len(is_timing_point), "one entry per beat"
    end_ms = song_ms if np.isfinite(song_ms) and song_ms > 0 else np.inf
    with np.errstate(invalid="ignore"):
        usable = np.flatnonzero(np.isfinite(times_ms) & (times_ms >= -_SAME_BEAT_MS) & (times_ms <= end_ms))
    order = usable[np.argsort(times_ms[usable], kind="stable")][:MAX_BEATS]
    if len(order) == 0:
        return Beats(times_ms[order], is_measure[order], is_timing_point[order], beats.resolution_ms)
    starts = [0]
    for index in range(1, len(order)):
        if times_ms[order[index]] - times_ms[order[starts[-1]]] >= _SAME_BEAT_MS:
            starts.append(index)
    return Beats(
        times_ms[order[starts]],
        np.logical_or.reduceat(is_measure[order], starts),
        np.logical_or.reduceat(is_timing_point[order], starts),
        beats.resolution_ms,
    )


def segments_or_default(observed: Observations, default_bpm: float) -> list[Segment]:
    """The stretches of constant tempo; of fewer than four beats, or none, there is one."""
    times_ms = observed.times_ms
    if len(times_ms) >= 4:
        return segment_beats(observed)
    first_ms = float(times_ms[0]) if len(times_ms) else 0.0
    period_ms = 60_000.0 / default_bpm
    if len(times_ms) >= 2:
        period_ms = float(np.median(np.diff(times_ms)))
        # A gap of several beats says little; halving brings it to a tempo that a song may have.
        while period_ms > 60_000.0 / MIN_BPM:
            period_ms /= 2
        period_ms = max(period_ms, 60_000.0 / MAX_BPM)
    return [Segment(0, len(times_ms), Grid(period_ms, first_ms))]


def lines_of_segments(observed: Observations, downbeats: np.ndarray, segments: Sequence[Segment]) -> list[TimingPoint]:
    """The red lines for stretches of constant tempo; `downbeats` is bool [beats]."""
    lines: list[TimingPoint] = []
    previous: Segment | None = None
    for segment in segments:
        part = observed.span(segment.first, segment.stop)
        segment = replace(segment, grid=_with_plain_tempo(part, segment.grid))
        bars = _vote_bars(part.times_ms, downbeats[segment.first : segment.stop], segment.grid)
        if previous is None:
            lines.append(_line(segment.grid, _first_number(part.times_ms, segment.grid, bars), bars.meter))
        else:
            lines += _change_lines(observed, previous, segment, bars, lines[-1].time_ms)
        previous = segment
    return lines


def _line(grid: Grid, number: float, meter: int) -> TimingPoint:
    time_ms = max(0.0, float(np.rint(grid.phase_ms + number * grid.period_ms)))
    return TimingPoint(time_ms=time_ms, beat_length_ms=grid.period_ms, meter=meter)


def _with_plain_tempo(part: Observations, grid: Grid) -> Grid:
    """The grid with the most probable tempo, given that most songs have a whole number of BPM.

    With s the standard error of the fit, a value v on steps of d BPM that a share p of all songs use has the
    posterior weight p * d * N(v; fit, s); any other tempo together have their share.
    """
    if len(part.times_ms) < 4:
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


def _vote_bars(times_ms: np.ndarray, downbeats: np.ndarray, grid: Grid) -> _Bars:
    """Meter and downbeat phase with the best F1, beyond chance, between the grid's downbeats and the marked ones."""
    numbers = grid.number(times_ms).astype(np.int64)
    marked = numbers[downbeats]
    if len(marked) == 0:
        first = int(numbers[0]) % METERS[0] if len(numbers) else 0
        return _Bars(METERS[0], first, 0.0)
    choices = []
    for meter in METERS:
        hits = np.bincount(marked % meter, minlength=meter)
        beats_there = np.bincount(numbers % meter, minlength=meter)
        f1 = 2 * hits / np.maximum(1, beats_there + len(marked))
        first = int(f1.argmax())
        by_chance = 2 * len(marked) / (len(numbers) + meter * len(marked))
        agreement = (f1[first] - by_chance) / max(1e-9, 1 - by_chance)
        choices.append((agreement + _METER_BONUS.get(meter, 0.0), _Bars(meter, first, float(f1[first]))))
    return max(choices, key=lambda choice: choice[0])[1]


def _first_number(times_ms: np.ndarray, grid: Grid, bars: _Bars) -> float:
    """The last downbeat that is not after the first beat; if that is before 0 ms, the first one that is not."""
    first_ms = float(times_ms[0]) if len(times_ms) else 0.0
    number = float(grid.number(np.array([first_ms]))[0])
    number -= (number - bars.first) % bars.meter
    earliest = np.ceil((-0.5 - grid.phase_ms) / grid.period_ms)
    if number < earliest:
        number = earliest + (bars.first - earliest) % bars.meter
    return number


def _change_lines(
    observed: Observations, previous: Segment, segment: Segment, bars: _Bars, after_ms: float
) -> list[TimingPoint]:
    """The line for a change of grid, and a second one where no downbeat is near enough to the change."""
    times_ms, grid = observed.times_ms, segment.grid
    at = float(grid.number(times_ms[segment.first : segment.first + 1])[0])
    numbers = np.arange(at - bars.meter, at + bars.meter + 1)
    numbers = numbers[grid.phase_ms + numbers * grid.period_ms >= after_ms + grid.period_ms / 2]
    if len(numbers) == 0:
        numbers = np.array([np.ceil((after_ms - grid.phase_ms) / grid.period_ms + 0.5)])
    costs = _misplacement_costs(observed, previous, segment, numbers) + 0.01 * np.abs(numbers - at)
    on_downbeat = (numbers - bars.first) % bars.meter == 0
    if on_downbeat.any() and (cost := costs[on_downbeat].min()) <= OUTLIER_COST + costs.min():
        return [_line(grid, numbers[on_downbeat & (costs == cost)][0], bars.meter)]
    number = numbers[costs.argmin()]
    to_downbeat = int((bars.first - number) % bars.meter)
    bars_ahead = (times_ms[segment.stop - 1] - times_ms[segment.first]) / (bars.meter * grid.period_ms)
    if to_downbeat == 0 or bars.share < _STRONG_DOWNBEATS or bars_ahead < 4:
        return [_line(grid, number, bars.meter)]
    return [_line(grid, number, to_downbeat), _line(grid, number + to_downbeat, bars.meter)]


def _misplacement_costs(observed: Observations, previous: Segment, segment: Segment, numbers: np.ndarray) -> np.ndarray:
    """What a line on each beat `numbers` of the new grid costs more than the change where it was found."""
    nearby = observed.span(max(previous.first, segment.first - 32), min(segment.stop, segment.first + 32))
    old_cost, new_cost = beat_costs(nearby, [previous.grid, segment.grid]).T
    is_new = nearby.times_ms >= observed.times_ms[segment.first]
    lines_ms = segment.grid.phase_ms + numbers * segment.grid.period_ms
    follows_new = nearby.times_ms[:, None] >= lines_ms - segment.grid.period_ms / 4
    extra = np.where(is_new[:, None], old_cost[:, None] - new_cost[:, None], new_cost[:, None] - old_cost[:, None])
    costs = np.where(follows_new != is_new[:, None], extra, 0.0).sum(axis=0)
    marks_ms = nearby.times_ms[nearby.marks]
    if len(marks_ms):
        off_mark_ms = np.abs(lines_ms[:, None] - marks_ms).min(axis=1)
        costs -= np.where(off_mark_ms < OUTLIER_SIGMAS * observed.sigma_ms, _MARK_BONUS, 0.0)
    return costs
