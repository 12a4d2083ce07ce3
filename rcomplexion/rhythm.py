"""Rhythm of a chart: intervals between object times.

An interval is told in beats, as one of a table of fractions, because that is how rhythm is heard and mapped: a third
after quarters is a change of division at any tempo, while in milliseconds it is the quarter of another song. How fast
it is enters beside that, and decides how exactly it has to be played (`hit_deviation_ms`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.timing.active_point import Timing

SAME_MOMENT_MS = 10.0
"""Objects this near to each other are one moment: the notes of a chord, or one that a mapper did not align."""

BEAT_FRACTIONS = tuple(sorted({Fraction(k, d) for d in (12, 16) for k in range(d)}))
"""Distinguished places within a beat: the ticks of 1/16 and 1/12, which hold those of 1/2, 1/3, 1/4, 1/6, 1/8."""

INTERVALS = (
    *(whole + part for whole in range(2) for part in BEAT_FRACTIONS if whole + part > 0),
    *sorted({Fraction(k, d) for d in (3, 4) for k in range(2 * d, 4 * d)}),
    *(Fraction(k, 2) for k in range(8, 33)),
)
"""Intervals that are distinguished, in beats: as fine as ticks up to two beats, then quarters and thirds, then halves.

The last one, 16 beats, stands for all that are longer. Fifths and sevenths, which are rare, become their neighbours.
"""

BAR_BEATS = 4
FEWEST_INTERVALS = 16
MOST_INTERVALS = 20_000

DEVIATIONS_PER_WINDOW = 3.0
"""The window of a perfect hit is so many standard deviations of a steady player's hits."""

_INTERVAL_BEATS = np.array([float(beats) for beats in INTERVALS])
_FRACTIONS = np.array([float(part) for part in BEAT_FRACTIONS])


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The intervals of a chart, in order; each array is [intervals].

    classes      places in INTERVALS
    phases       where in its beat an interval begins, places in BEAT_FRACTIONS
    beats        where in its bar, whole beats modulo BAR_BEATS
    lengths_ms   as they are played
    beat_ms      how long a beat is where an interval begins
    deviation_ms how far hits stray that still count as perfect, see `hit_deviation_ms`
    drain_s      time that is played: from the first object to the last, without breaks
    """

    classes: np.ndarray
    phases: np.ndarray
    beats: np.ndarray
    lengths_ms: np.ndarray
    beat_ms: np.ndarray
    deviation_ms: float
    drain_s: float

    def __len__(self) -> int:
        return len(self.classes)


def rhythm_of(beatmap: Beatmap) -> Rhythm:
    """Return the rhythm in which objects begin.

    Raises:
        BeatmapError: The chart has too few objects, or no tempo.
    """
    times_ms = _moments(beatmap)
    if not FEWEST_INTERVALS < len(times_ms) <= MOST_INTERVALS:
        raise BeatmapError(
            f"the beatmap has {len(times_ms)} moments, and a rhythm needs {FEWEST_INTERVALS + 1} to {MOST_INTERVALS}"
        )
    timing = Timing(beatmap.timing_points)
    starts_ms, lengths_ms = times_ms[:-1], np.diff(times_ms)
    beat_ms = np.array([timing.beat_length_at(time_ms) for time_ms in starts_ms])
    positions = np.array([timing.beat_position(time_ms) for time_ms in starts_ms])
    whole, phases = _beat_and_phase(positions)
    return Rhythm(
        classes=nearest(np.log(_INTERVAL_BEATS), np.log(lengths_ms / beat_ms)),
        phases=phases,
        beats=whole % BAR_BEATS,
        lengths_ms=lengths_ms,
        beat_ms=beat_ms,
        deviation_ms=hit_deviation_ms(beatmap.mode, beatmap.difficulty.overall_difficulty),
        drain_s=_drain_s(beatmap, times_ms),
    )


def hit_deviation_ms(mode: GameMode, overall_difficulty: float) -> float:
    """Return the standard deviation of a perfect player's hits.

    All hits have the best judgement (but mania's MAX). Windows are those of the wiki page "Overall difficulty"; catch
    has none, and is treated as standard.
    """
    slowest_ms, per_od_ms = {GameMode.TAIKO: (50.0, 3.0), GameMode.MANIA: (64.0, 3.0)}.get(mode, (80.0, 6.0))
    od = min(10.0, max(0.0, overall_difficulty))
    return (slowest_ms - per_od_ms * od) / DEVIATIONS_PER_WINDOW


def interval_lengths_ms(beat_ms: np.ndarray) -> np.ndarray:
    """Return the length of INTERVALS [n, intervals] at beat lengths [n]."""
    return beat_ms[:, None] * _INTERVAL_BEATS


def nearest(table: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the indices of the nearest entries of an ascending table."""
    return np.searchsorted((table[1:] + table[:-1]) / 2, values)


def _moments(beatmap: Beatmap) -> np.ndarray:
    """Return the times at which objects begin, each once."""
    times_ms = np.unique([hit_object.time_ms for hit_object in beatmap.hit_objects])
    if not len(times_ms) or not np.isfinite(times_ms).all():
        return np.array([])
    kept = [times_ms[0]]
    for time_ms in times_ms[1:]:
        if time_ms - kept[-1] >= SAME_MOMENT_MS:
            kept.append(time_ms)
    return np.array(kept)


def _beat_and_phase(positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return whole beats, and the nearest tick after them.

    A position nearest to the next beat belongs to that.
    """
    whole = np.floor(positions)
    phases = nearest(np.append(_FRACTIONS, 1.0), positions - whole)
    is_next = phases == len(_FRACTIONS)
    return (whole + is_next).astype(np.int64), np.where(is_next, 0, phases)


def _drain_s(beatmap: Beatmap, times_ms: np.ndarray) -> float:
    first_ms, last_ms = times_ms[0], times_ms[-1]
    breaks_ms = sum(max(0.0, min(pause.end_ms, last_ms) - max(pause.start_ms, first_ms)) for pause in beatmap.breaks)
    return max(1.0, float(last_ms - first_ms - breaks_ms) / 1000.0)
