"""Comparison of red lines with human-made ones.

Tempo, octave, offset and downbeats are compared on every beat of the human-made map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.timing.active_point import Timing

TEMPO_TOLERANCE = 0.005
OCTAVES = (2.0, 0.5, 4.0, 0.25)
DOWNBEAT_TOLERANCE_MS = 40.0


@dataclass(frozen=True, slots=True)
class TimingAgreement:
    """Shares are of the human's beats.

    Offsets are of the beats with right tempo or octave; nan where none has it.

    `offset_ms` is the median distance from the human's beat to the nearest of the other grid, positive where that is
    late; `offset_error_ms` is the mean of its absolute value. `downbeat_share` is that of the human's downbeats with a
    downbeat of the other grid within 40 ms; `meter_share` is that of the beats in bars of as many beats.
    """

    tempo_share: float
    octave_share: float
    offset_ms: float
    offset_error_ms: float
    downbeat_share: float
    meter_share: float


def compare_timing(
    reference: Sequence[TimingPoint], candidate: Sequence[TimingPoint], start_ms: float, end_ms: float
) -> TimingAgreement:
    """Compare two lists of lines from `start_ms` to `end_ms`.

    Green lines are ignored.

    The tempo is right within 0.5 %; twice, half, four times and a quarter of it, within the same, are octave errors.
    Where the candidate counts more slowly its grid is divided to the human's beats before offsets are taken.

    Raises BeatmapError for a list without a red line, ValueError where the human's has no beat in the span.
    """
    human, other = Timing(reference), Timing(candidate)
    beats = human.beats(start_ms, end_ms)
    if not beats:
        raise ValueError("the reference timing has no beat between the given times")
    times_ms = np.array([beat.time_ms for beat in beats])
    human_ms = np.array([human.beat_length_at(time_ms) for time_ms in times_ms])
    other_ms = np.array([other.beat_length_at(time_ms) for time_ms in times_ms])
    ratio = human_ms / other_ms  # of the candidate's BPM to the human's
    right = np.abs(ratio - 1) <= TEMPO_TOLERANCE
    octave = np.any([np.abs(ratio / factor - 1) <= TEMPO_TOLERANCE for factor in OCTAVES], axis=0)
    offsets_ms = _offsets_ms(times_ms, other, other_ms, np.maximum(1, np.rint(1 / ratio)))
    comparable = offsets_ms[right | octave]
    downbeats_ms = times_ms[[beat.in_bar == 0 for beat in beats]]
    return TimingAgreement(
        tempo_share=float(right.mean()),
        octave_share=float(octave.mean()),
        offset_ms=float(np.median(comparable)) if len(comparable) else float("nan"),
        offset_error_ms=float(np.abs(comparable).mean()) if len(comparable) else float("nan"),
        downbeat_share=_downbeat_share(downbeats_ms, other),
        meter_share=float(np.mean([human.red_at(ms).meter == other.red_at(ms).meter for ms in times_ms.tolist()])),
    )


def _offsets_ms(times_ms: np.ndarray, other: Timing, other_ms: np.ndarray, divisors: np.ndarray) -> np.ndarray:
    """Return signed distances of the other grid's nearest ticks.

    Ticks are 1/divisor; the next line counts as one too.
    """
    positions = np.array([other.beat_position(time_ms) for time_ms in times_ms]) * divisors
    offsets_ms = (np.rint(positions) - positions) * other_ms / divisors
    line_ms = np.array([red.time_ms for red in other.reds])
    following = np.searchsorted(line_ms, times_ms, side="right")
    to_line_ms = np.append(line_ms, np.inf)[following] - times_ms
    return np.where(to_line_ms < np.abs(offsets_ms), to_line_ms, offsets_ms)


def _downbeat_share(downbeats_ms: np.ndarray, other: Timing) -> float:
    """Return the fraction of times with a downbeat of `other` near.

    It is NaN without any.
    """
    if len(downbeats_ms) == 0:
        return float("nan")
    near = 0
    for time_ms in downbeats_ms.tolist():
        bar_ms = other.beat_length_at(time_ms) * max(1, other.red_at(time_ms).meter)
        since_ms = (time_ms - other.red_at(time_ms).time_ms) % bar_ms
        next_line_ms = min((red.time_ms - time_ms for red in other.reds if red.time_ms > time_ms), default=np.inf)
        near += min(since_ms, bar_ms - since_ms, next_line_ms) <= DOWNBEAT_TOLERANCE_MS
    return near / len(downbeats_ms)
