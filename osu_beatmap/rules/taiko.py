"""Rules of osu!taiko.

Limits are those of the ranking criteria, in beats of a usual tempo.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from osu_beatmap.beatmap import Circle, HitSound
from osu_beatmap.rules.chart import Chart
from osu_beatmap.rules.finding import Finding, Level, warning

ROUNDING_MS = 2.0

MAX_NOTES = {
    Level.EASY: {1.0: 7, 1 / 2: 2},
    Level.NORMAL: {1 / 2: 7, 1 / 3: 2},
    Level.HARD: {1 / 4: 5, 1 / 6: 4},
    Level.INSANE: {1 / 4: 9, 1 / 6: 4, 1 / 8: 2},
}
"""Longest pattern by the largest gap in beats between its notes; the smallest gap named is the smallest allowed."""

FINISHER_STREAM_BEATS = 1 / 3
REST_BEATS = {Level.EASY: ((1, 3.0),), Level.NORMAL: ((1, 2.0),), Level.HARD: ((1, 1.5), (3, 1.0))}
"""What rests the player: so many gaps in a row of so many beats each."""

MAX_BEATS_WITHOUT_REST = 44.0


def usual_beat_ms(beat_length_ms: float) -> float:
    """Return the beat by which taiko players count.

    Its tempo is 130 to 270 BPM, scaled as in Mapset Verifier.
    """
    beat_ms = beat_length_ms
    while beat_ms <= 60_000 / 270:
        beat_ms *= 2
    while beat_ms >= 60_000 / 110:
        beat_ms /= 2
    return beat_ms / 1.5 if beat_ms >= 60_000 / 130 else beat_ms


def long_patterns(chart: Chart) -> Iterator[Finding]:
    """Report streams that are longer than the level allows."""
    notes, gap_ms, beat_ms = _note_gaps(chart)
    for largest_beats, most in MAX_NOTES.get(chart.level, {}).items():
        for first, last in _runs(gap_ms <= largest_beats * beat_ms + ROUNDING_MS):
            if last - first + 1 > most:
                message = f"A pattern of 1/{1 / largest_beats:.0f} has {last - first + 1} notes, more than {most}."
                indices = (chart.indices[place] for place in notes[first : last + 1])
                yield warning("long_patterns", float(chart.start_ms[notes[first]]), message, *indices)


def fast_patterns(chart: Chart) -> Iterator[Finding]:
    """Report notes that follow each other faster than the level allows."""
    if chart.level not in MAX_NOTES:
        return
    smallest_beats = min(MAX_NOTES[chart.level])
    notes, gap_ms, beat_ms = _note_gaps(chart)
    for first in np.flatnonzero(gap_ms < smallest_beats * beat_ms - ROUNDING_MS):
        message = f"Two notes are closer than 1/{1 / smallest_beats:.0f}, the fastest of this level."
        indices = (chart.indices[place] for place in notes[first : first + 2])
        yield warning("fast_patterns", float(chart.start_ms[notes[first]]), message, *indices)


def finisher_in_stream(chart: Chart) -> Iterator[Finding]:
    """Report finishers inside a stream.

    A finisher, hit with both hands, ends a stream; in low levels it is in none.
    """
    notes, gap_ms, beat_ms = _note_gaps(chart)
    is_fast = gap_ms <= FINISHER_STREAM_BEATS * beat_ms + ROUNDING_MS
    for number, place in enumerate(notes):
        if not chart.objects[place].hitsound & HitSound.FINISH:
            continue
        is_followed = number < len(is_fast) and is_fast[number]
        is_preceded = number > 0 and is_fast[number - 1] and chart.level <= Level.NORMAL
        if is_followed or is_preceded:
            message = "The finisher is inside a stream of 1/3 or faster."
            yield warning("finisher_in_stream", float(chart.start_ms[place]), message, chart.indices[place])


def no_rest(chart: Chart) -> Iterator[Finding]:
    """Report long passages without a rest in low levels."""
    rests = REST_BEATS.get(chart.level)
    if rests is None or len(chart.objects) < 2:
        return
    gap_ms = chart.start_ms[1:] - chart.end_ms[:-1] + ROUNDING_MS
    beat_ms = _beats_ms(chart, chart.start_ms[1:])
    is_rest = np.zeros(len(gap_ms), dtype=bool)
    for in_a_row, beats in rests:
        for first, last in _runs(gap_ms >= beats * beat_ms):
            if last - first >= in_a_row:
                is_rest[first:last] = True
    for first, last in _runs(~is_rest):
        beats = (chart.end_ms[last] - chart.start_ms[first] + ROUNDING_MS) // beat_ms[last - 1]
        if beats > MAX_BEATS_WITHOUT_REST:
            message = f"There are {beats:.0f} beats without a rest."
            yield warning("no_rest", float(chart.start_ms[first]), message, chart.indices[first], chart.indices[last])


def _note_gaps(chart: Chart) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the notes [n], and the gap before each but the first.

    A gap is in ms, with the usual beat there [n - 1].
    """
    notes = np.array([place for place, note in enumerate(chart.objects) if isinstance(note, Circle)], dtype=np.int64)
    start_ms = chart.start_ms[notes]
    return notes, np.diff(start_ms), _beats_ms(chart, start_ms[1:])


def _beats_ms(chart: Chart, times_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([usual_beat_ms(chart.timing.beat_length_at(time_ms)) for time_ms in times_ms], dtype=np.float64)


def _runs(is_linked: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield first and last object of each run of linked neighbours.

    `is_linked` [n - 1] refers to the gaps.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_linked, [False])).astype(np.int8)))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
