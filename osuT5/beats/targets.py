"""Beats of a song by the red lines of its human-made maps."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from osu_beatmap.timing.active_point import Timing
from osu_beatmap.timing.beat_clock import MAX_FOLDS, fold_meter
from osuT5.rhythm.alignment import measure_lead_ms
from osuT5.rhythm.conditions import Origin
from osuT5.rhythm.corpus import RhythmChart, RhythmSong

SLOWEST_BPM, FASTEST_BPM = 60.0, 320.0
"""Tempi beyond these are effects on scrolling, and are doubled or halved."""

MARGIN_BEATS = 8
"""Beats before the first object and after the last that are still certain."""


@dataclass(frozen=True, slots=True)
class SongBeats:
    """Beats of a song in its audio.

    Attributes:
        sound_ms: Times at which beats are heard in the decoded audio, float64 [beats].
        is_downbeat: bool [beats].
        start_ms, end_ms: Part of the audio in which the beats are certain.
        origin: Game of most maps.
    """

    sound_ms: np.ndarray
    is_downbeat: np.ndarray
    start_ms: float
    end_ms: float
    origin: Origin


def song_beats(song: RhythmSong) -> SongBeats:
    """Return the beats by the most common red lines of a song.

    The octave of the tempo is that of the mappers. Sections of another tempo take the octave nearest to the tempo that
    lasts longest.
    """
    lines, _ = Counter(chart.red_lines for chart in song.charts).most_common(1)[0]
    charts = [chart for chart in song.charts if chart.red_lines == lines]
    times_ms = np.concatenate([chart.times_ms for chart in charts])
    lead_ms = measure_lead_ms(song.features, times_ms)
    first_ms, last_ms = float(times_ms.min()), float(times_ms.max())
    beat_ms, is_downbeat, longest_ms = _beats(charts[0], first_ms, last_ms)
    margin_ms = MARGIN_BEATS * longest_ms
    return SongBeats(
        beat_ms + lead_ms,
        is_downbeat,
        first_ms - margin_ms + lead_ms,
        last_ms + margin_ms + lead_ms,
        Counter(chart.origin for chart in charts).most_common(1)[0][0],
    )


def _beats(chart: RhythmChart, first_ms: float, last_ms: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Return beats, downbeats and the beat length that lasts longest."""
    timing = Timing(chart.timing_points())
    reds = [red for red, following in zip(timing.reds, [*timing.reds[1:], None], strict=True)
            if following is None or following.time_ms > red.time_ms]  # fmt: skip
    starts_ms = [red.time_ms for red in reds]
    lengths_ms = [timing.beat_length_at(start_ms) for start_ms in starts_ms]
    ends_ms = [*starts_ms[1:], math.inf]
    lasting_ms: Counter[float] = Counter()
    for start_ms, end_ms, length_ms in zip(starts_ms, ends_ms, lengths_ms, strict=True):
        lasting_ms[length_ms] += max(0.0, min(end_ms, last_ms) - max(start_ms, first_ms))
    usual_ms = lasting_ms.most_common(1)[0][0]
    folds = _folds(usual_ms)
    usual_ms /= 2.0**folds
    beats, downbeats = [], []
    for index, (red, start_ms, end_ms, length_ms) in enumerate(zip(reds, starts_ms, ends_ms, lengths_ms, strict=True)):
        folds = max(-MAX_FOLDS, min(MAX_FOLDS, round(math.log2(length_ms / usual_ms))))
        beat_ms, meter = length_ms / 2.0**folds, fold_meter(red.meter, folds)
        low = math.floor((first_ms - start_ms) / beat_ms) - 2 * MARGIN_BEATS if index == 0 else 0
        stop_ms = min(end_ms - beat_ms / 4, last_ms + 2 * MARGIN_BEATS * beat_ms)
        numbers = np.arange(low, max(low, math.ceil((stop_ms - start_ms) / beat_ms)))
        beats.append(start_ms + numbers * beat_ms)
        downbeats.append(numbers % meter == 0)
    return np.concatenate(beats), np.concatenate(downbeats), usual_ms


def _folds(beat_ms: float) -> int:
    """Return the doublings (negative: halvings) of the tempo that lasts longest."""
    bpm, folds = 60_000.0 / beat_ms, 0
    while bpm * 2.0**folds > FASTEST_BPM and folds > -MAX_FOLDS:
        folds -= 1
    while bpm * 2.0**folds < SLOWEST_BPM and folds < MAX_FOLDS:
        folds += 1
    return folds
