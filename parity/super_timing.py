"""Beats of a song from many passes, as in the original.

`beat_tracking.votes` and `beat_tracking.red_line_fit` fit a whole song at once; here beats follow each other from peak
to peak of the votes. What it does, in order:

1. Votes of all passes for beats, downbeats and tempo changes are counted by the millisecond and smoothed.
2. The tempo at each peak is the commonest distance between votes nearby, within a factor of 1.5 of the median;
   a peak without a clear one takes that of the peak before it.
3. From the highest peak a walk goes by that tempo in both directions, from peak to peak and over gaps; then from the
   highest that no walk has passed.
4. The meter is the median number of beats between downbeats; which beats are downbeats is voted within three bars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from beat_tracking.red_line_fit import Beats

MINUTE_MS = 60_000
STEP_MS = 10
SMOOTHING_MS = 10
FEWEST_STEPS, MOST_STEPS = 20, 100
"""Limits in steps of distances between beats that count for the tempo."""

NEARBY_MS = 200
PEAK_MS = 10
USUAL_METER = 4
VOTING_BARS = 3
_ON_PEAK, _NEAR_PEAK = 60, 300
"""Distance from a peak, in ms for each unit of its height, at which a beat is on it, or at least not without it."""


def pass_offsets_ms(rng: np.random.RandomState, passes: int, window_ms: float) -> list[int]:
    """Return the delay of each pass's audio after the song.

    It is negative if the start of the song is cut off.
    """
    half_ms = int(window_ms // 2)
    return [int(rng.randint(-half_ms, half_ms)) for _ in range(passes)]


def beats_of_passes_as_published(passes: Sequence[Beats], song_ms: int, clear_share: float = 0.1) -> Beats:
    """Return the beats that the passes share, at whole milliseconds.

    passes: beats of each pass in the order in which they were written, at whole milliseconds of the song clear_share: a
    tempo is clear at a peak where more than this share of the distances nearby have it

    There are none where no two beats are at the distance of a tempo; the published program fails there. Where no two
    downbeats follow each other it fails, too; then the meter is 4.
    """
    votes = _Votes.of(passes, song_ms)
    gaps = np.array([gap for beats in passes for gap in _gaps(_select_inside(beats, song_ms))]).reshape(-1, 2)
    if len(gaps) == 0:
        return Beats(np.zeros(0), np.zeros(0, bool), np.zeros(0, bool))
    times_ms = _walk(_peaks(votes, gaps, clear_share), song_ms)
    counts = [count for beats in passes for count in _bar_lengths(_select_inside(beats, song_ms))]
    meter = int(np.median(counts)) if counts else USUAL_METER
    kinds = [_TEMPO if votes.announce_tempo(time_ms) else _BEAT for time_ms in times_ms]
    _mark_downbeats(kinds, [votes.count_downbeats(time_ms) for time_ms in times_ms], meter)
    marks = np.array(kinds)
    return Beats(np.array(times_ms, dtype=np.float64), marks >= _DOWNBEAT, marks == _TEMPO)


_BEAT, _DOWNBEAT, _TEMPO = range(3)


@dataclass(frozen=True, slots=True)
class _Votes:
    """Smoothed votes for each kind of beat [ms of the song].

    There are 50 for each ms if all passes vote for it.
    """

    by_kind: np.ndarray

    @classmethod
    def of(cls, passes: Sequence[Beats], song_ms: int) -> _Votes:
        counts = np.zeros((3, song_ms))
        for times_ms, kinds in (_select_inside(beats, song_ms) for beats in passes):
            np.add.at(counts, (kinds, times_ms), 1.0)
        return cls(gaussian_filter1d(counts, SMOOTHING_MS) / max(1, len(passes)) * 50)

    def announce_tempo(self, time_ms: int) -> bool:
        beat, downbeat, tempo = self._near(time_ms)
        return bool(tempo > beat and tempo > downbeat and beat + downbeat + tempo > 1)

    def count_downbeats(self, time_ms: int) -> float:
        _, downbeat, tempo = self._near(time_ms)
        return float(downbeat + tempo)

    def _near(self, time_ms: int) -> np.ndarray:
        # In the first ten milliseconds the slice begins before 0, which Python takes from the end: nothing is there.
        return self.by_kind[:, time_ms - PEAK_MS : time_ms + PEAK_MS].sum(axis=1)


@dataclass(frozen=True, slots=True)
class _Peaks:
    """Peaks of the votes in time order.

    `is_clear` marks peaks with the tempo of the votes around.
    """

    times_ms: np.ndarray
    heights: np.ndarray
    beat_ms: np.ndarray
    is_clear: np.ndarray


def _select_inside(beats: Beats, song_ms: int) -> tuple[np.ndarray, np.ndarray]:
    """Return times [beats] within the song, and their kinds."""
    times_ms = beats.times_ms.astype(np.int64)
    kinds = np.where(beats.is_timing_point, _TEMPO, np.where(beats.is_measure, _DOWNBEAT, _BEAT))
    inside = (times_ms >= 0) & (times_ms < song_ms)
    return times_ms[inside], kinds[inside]


def _gaps(pass_beats: tuple[np.ndarray, np.ndarray]) -> list[tuple[int, int]]:
    """Return (time, steps to the next beat) of a pass's beats.

    If a tempo begins there, the distance is not a beat.
    """
    found = []
    for (time_ms, kind), (next_ms, next_kind) in pairwise(zip(*pass_beats, strict=True)):
        steps = (next_ms - time_ms) // STEP_MS
        starts_tempo = next_kind == _TEMPO and kind != _TEMPO
        if not starts_tempo and FEWEST_STEPS < steps < MOST_STEPS:
            found.append((time_ms, steps))
    return found


def _bar_lengths(pass_beats: tuple[np.ndarray, np.ndarray]) -> list[int]:
    """Return the beats of each whole bar that ends with a downbeat."""
    lengths, count = [], None
    for kind in pass_beats[1]:
        if kind == _BEAT:
            count = None if count is None else count + 1
            continue
        if kind == _DOWNBEAT and count is not None:
            lengths.append(count)
        count = 1
    return lengths


def _peaks(votes: _Votes, gaps: np.ndarray, clear_share: float) -> _Peaks:
    signal = votes.by_kind[_BEAT] + votes.by_kind[_DOWNBEAT] + votes.by_kind[_TEMPO] * 2
    times_ms, shapes = find_peaks(signal, distance=50, prominence=0.1, rel_height=1, width=2, wlen=50)
    bpm = np.array([_clear_bpm(gaps, time_ms, clear_share) for time_ms in times_ms], dtype=np.float64)
    is_clear = ~np.isnan(bpm)
    median_bpm = MINUTE_MS / (np.median(gaps[:, 1]) * STEP_MS)
    bpm = bpm / np.ceil(bpm / (median_bpm * 1.5))
    bpm = bpm * np.ceil((median_bpm / 1.5) / bpm)
    return _Peaks(times_ms, shapes["prominences"], MINUTE_MS / _fill(bpm, median_bpm), is_clear)


def _clear_bpm(gaps: np.ndarray, time_ms: int, clear_share: float) -> float:
    nearby = gaps[np.abs(gaps[:, 0] - time_ms) < NEARBY_MS, 1]
    # The last two lengths share a bin.
    counts, edges = np.histogram(nearby, bins=range(FEWEST_STEPS, MOST_STEPS))
    return MINUTE_MS / (edges[counts.argmax()] * STEP_MS) if counts.max() > clear_share * counts.sum() else np.nan


def _fill(bpm: np.ndarray, median_bpm: float) -> np.ndarray:
    """Fill unknown tempi with the one before.

    The first ones get the first known tempo.
    """
    known = np.flatnonzero(~np.isnan(bpm))
    if len(known) == 0:
        return np.full(len(bpm), median_bpm)
    before = np.searchsorted(known, np.arange(len(bpm)), side="right") - 1
    return bpm[known[np.maximum(before, 0)]]


def _walk(peaks: _Peaks, song_ms: int) -> list[int]:
    """Return beat times in order, by walks from the highest peaks."""
    walk = _Walk(peaks, song_ms)
    for start in np.argsort(-peaks.heights, kind="stable"):
        if walk.open_peaks[start]:
            walk.open_peaks[start] = False
            walk.times_ms.append(int(peaks.times_ms[start]))
            walk.go(start, 1)
            walk.go(start, -1)
    return sorted(walk.times_ms)


class _Walk:
    """Beats so far, walked spans, and peaks left to start from."""

    def __init__(self, peaks: _Peaks, song_ms: int) -> None:
        self.peaks = peaks
        self.song_ms = song_ms
        self.times_ms: list[int] = []
        self.spans_ms: list[tuple[float, float]] = []
        self.open_peaks = np.ones(len(peaks.times_ms), bool)

    def go(self, start: int, direction: int) -> None:
        """Walk from a peak until a limit.

        The limit is the end of the song, another tempo, or an earlier walk.
        """
        start_ms = time_ms = int(self.peaks.times_ms[start])
        beat_ms = self.peaks.beat_ms[start]
        while True:
            before_ms, time_ms = time_ms, time_ms + direction * beat_ms
            if not 0 <= time_ms < self.song_ms:
                self._close(before_ms, time_ms)
                break
            distances = np.abs(self.peaks.times_ms - time_ms) / self.peaks.heights
            nearest = int(distances.argmin())
            if distances[nearest] < _ON_PEAK:
                time_ms, beat_ms = int(self.peaks.times_ms[nearest]), self.peaks.beat_ms[nearest]
            elif distances[nearest] < _NEAR_PEAK and self.peaks.is_clear[nearest]:
                time_ms -= direction * beat_ms
                break
            if direction * (time_ms - before_ms) <= 0:
                break  # the published program would never end
            if any(low <= time_ms <= high for low, high in self.spans_ms):
                break
            self.times_ms.append(int(time_ms))
        # Where two walks meet, beats must not lie close together.
        low_ms, high_ms = (start_ms, time_ms) if direction > 0 else (time_ms, start_ms)
        self.spans_ms.append((low_ms - NEARBY_MS, high_ms + NEARBY_MS))
        self._close(*self.spans_ms[-1])

    def _close(self, one_ms: float, other_ms: float) -> None:
        low_ms, high_ms = sorted((one_ms, other_ms))
        self.open_peaks &= (self.peaks.times_ms < low_ms) | (self.peaks.times_ms > high_ms)


def _mark_downbeats(kinds: list[int], downbeat_votes: Sequence[float], meter: int) -> None:
    """Mark downbeats bar after bar; tempo changes stay."""
    started_tempo = [kind == _TEMPO for kind in kinds]
    in_bar = to_downbeat = 0
    for index, starts_tempo in enumerate(started_tempo):
        if in_bar:
            in_bar -= 1
            continue
        if to_downbeat:
            to_downbeat -= 1
            if to_downbeat == 0 and not starts_tempo:
                kinds[index] = _DOWNBEAT
                in_bar = meter - 1
            continue
        if starts_tempo:
            continue
        to_downbeat = int(np.argmax([_share(kinds, downbeat_votes, index + k, meter) for k in range(meter)]))
        if to_downbeat == 0:
            kinds[index] = _DOWNBEAT
            in_bar = meter - 1


def _share(kinds: Sequence[int], downbeat_votes: Sequence[float], index: int, meter: int) -> float:
    """Return the mean votes for beats that are whole bars from one.

    The original means to ignore bars beyond a change of tempo, but looks for the change at the first and the last
    beats of the song.
    """
    found = []
    for bars in range(-VOTING_BARS, VOTING_BARS + 1):
        other = index + bars * meter
        if not 0 <= other < len(kinds):
            continue
        between = kinds[1 : abs(bars)] if bars > 0 else kinds[::-1][: max(0, abs(bars) - 1)]
        if _TEMPO not in between:
            found.append(downbeat_votes[other])
    return sum(found) / len(found) if found else 0.0
