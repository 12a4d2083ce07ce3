"""Comparison of kiai edges with changes of the music.

A kiai that is a bar off lies on a bar line like a right one, so what can tell is which of the bar lines near it the
song and the rest of the map mark most: a change of sound, a crash, a finish, a new combo, more objects than before.
Marks are taken against those of all bar lines of the song: loud songs and quiet ones, and any spectrogram, are alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from osu_beatmap.beatmap import Beatmap, HitSound, TimingPoint
from osu_beatmap.timing.active_point import Timing
from osuT5.generation.token_scores import Surprisal

REACH_BARS = 2
"""Bar lines on either side that an edge is compared with. Farther ones are often edges of sections, too."""

WEIGHTS = {
    "change": 0.86,
    "louder": 0.33,
    "crash": 0.23,
    "busier": 0.24,
    "finish": 0.39,
    "new_combo": 0.21,
    "object": 0.52,
}
"""Weight of each mark for an edge: by conditional logistic regression on 578 edges of 96 training songs (commit
127d510; docs/results/mai_mod.md)."""

DIRECTED = ("louder", "busier")
"""Marks whose increase indicates a start of kiai time, and whose decrease an end."""

SHORTEST_BARS = 2
FEWEST_BARS = 12
LEAST_SPREAD = 0.05
MOST_MARKED = 3.0
"""Limit of a mark in standard deviations: without it, the end of a map exceeds all bar lines of a regular one."""

SAME_MS = 5.0
TREBLE_FROM = 2 / 3
"""Fraction of the bands above which crash cymbals sound: band 42 of 64 mel bands up to 8 kHz is 3.3 kHz."""


@dataclass(frozen=True, slots=True)
class KiaiEdge:
    """Edge of kiai: surprisal, and the least surprising bar line nearby."""

    time_ms: float
    is_start: bool
    surprise: Surprisal
    likeliest_ms: float


class SongSpectrum:
    """Log-mel spectrogram [frames, mels] of a song.

    Frame 0 is at 0 ms of the audio.
    """

    def __init__(self, mel: np.ndarray, frame_ms: float, lead_ms: float) -> None:
        """Store a spectrogram.

        Args:
            lead_ms: Lead of chart times over the audio.
        """
        self.frame_ms = frame_ms
        self.lead_ms = lead_ms
        self.song_ms = len(mel) * frame_ms
        self._sums = np.concatenate([np.zeros((1, mel.shape[1])), np.cumsum(mel, axis=0, dtype=np.float64)])

    def change(self, times_ms: np.ndarray, span_ms: np.ndarray) -> np.ndarray:
        """Return the change of the mean sound at times, [times, mels].

        It is that of a span after each time minus that before it.
        """
        return self._mean(times_ms, times_ms + span_ms) - self._mean(times_ms - span_ms, times_ms)

    def _mean(self, start_ms: np.ndarray, end_ms: np.ndarray) -> np.ndarray:
        last = len(self._sums) - 1
        first = np.clip(self._frame(start_ms), 0, last - 1)
        end = np.clip(self._frame(end_ms), first + 1, last)
        return (self._sums[end] - self._sums[first]) / (end - first)[:, None]

    def _frame(self, times_ms: np.ndarray) -> np.ndarray:
        return np.rint((times_ms + self.lead_ms) / self.frame_ms).astype(int)


class BarMarks:
    """Strength of the marks on each bar line of a map."""

    def __init__(self, beatmap: Beatmap, spectrum: SongSpectrum) -> None:
        self.spectrum = spectrum
        self.timing = Timing(beatmap.timing_points)
        objects = beatmap.hit_objects
        self._times_ms = np.sort([obj.time_ms for obj in objects])
        self._finishes_ms = np.sort([obj.time_ms for obj in objects if obj.hitsound & HitSound.FINISH])
        self._combos_ms = np.sort([obj.time_ms for obj in objects if obj.new_combo])
        bars = list(self._bars())
        self.is_known = len(bars) >= FEWEST_BARS
        if self.is_known:
            marks = self._marks(*np.array(bars).T)
            self._usual, self._spread = marks.mean(0), np.maximum(marks.std(0), LEAST_SPREAD)

    def around(self, time_ms: float, is_start: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return the bar lines around an edge, and their marks.

        They are up to `REACH_BARS` away; marks are [lines, kinds of marks].
        """
        times_ms = time_ms + np.arange(-REACH_BARS, REACH_BARS + 1) * self._bar_ms(self.timing.red_at(time_ms))
        marks = (self._marks(times_ms, np.diff(times_ms)[:1]) - self._usual) / self._spread
        marks = np.clip(marks, -MOST_MARKED, MOST_MARKED)
        if not is_start:
            marks *= [-1.0 if name in DIRECTED else 1.0 for name in WEIGHTS]
        return times_ms, marks

    def _bars(self) -> Iterator[tuple[float, float]]:
        """Yield bar lines, and the length of their bars.

        Each has two bars of the song on either side.
        """
        reds = self.timing.reds
        ends_ms = [*(red.time_ms for red in reds[1:]), self.spectrum.song_ms]
        for red, end_ms in zip(reds, ends_ms, strict=True):
            bar_ms = self._bar_ms(red)
            for time_ms in np.arange(red.time_ms, min(end_ms, self.spectrum.song_ms), bar_ms):
                if 2 * bar_ms < time_ms < self.spectrum.song_ms - 2 * bar_ms:
                    yield float(time_ms), bar_ms

    def _bar_ms(self, red: TimingPoint) -> float:
        return self.timing.beat_length_at(red.time_ms) * max(1, red.meter)

    def _marks(self, times_ms: np.ndarray, bars_ms: np.ndarray) -> np.ndarray:
        """Return marks [times, kinds of marks] in the order of `WEIGHTS`."""
        sound = self.spectrum.change(times_ms, bars_ms / 2)
        treble = self.spectrum.change(times_ms, bars_ms / 4)[:, int(TREBLE_FROM * sound.shape[1]) :]
        marks = {
            "change": np.sqrt((sound**2).mean(1)),
            "louder": sound.mean(1),
            "crash": treble.mean(1),
            "busier": self._busier(times_ms, 2 * bars_ms),
            "finish": _hit(self._finishes_ms, times_ms),
            "new_combo": _hit(self._combos_ms, times_ms),
            "object": _hit(self._times_ms, times_ms),
        }
        return np.stack([marks[name] for name in WEIGHTS], axis=1)

    def _busier(self, times_ms: np.ndarray, span_ms: np.ndarray) -> np.ndarray:
        """Return the increase in objects from before to after times."""
        before, here, after = (
            np.searchsorted(self._times_ms, times_ms + step * span_ms - SAME_MS) for step in (-1, 0, 1)
        )
        return (after - 2 * here + before).astype(float)


def _hit(sorted_ms: np.ndarray, times_ms: np.ndarray) -> np.ndarray:
    """Return 1 for each time that a sorted time matches, else 0."""
    found = np.searchsorted(sorted_ms, times_ms + SAME_MS) > np.searchsorted(sorted_ms, times_ms - SAME_MS)
    return found.astype(float)


def edges_of(beatmap: Beatmap, song_ms: float) -> Iterator[tuple[float, bool]]:
    """Yield the start and end times of kiai within a song.

    The second value states whether it is a start. Flashes, shorter than `SHORTEST_BARS`, are a momentary effect and
    have none.
    """
    timing = Timing(beatmap.timing_points)
    for start_ms, end_ms in timing.kiai_spans():
        if end_ms - start_ms < SHORTEST_BARS * timing.beat_length_at(start_ms) * timing.red_at(start_ms).meter:
            continue  # a flash
        for time_ms, is_start in ((start_ms, True), (end_ms, False)):
            if 0.0 <= time_ms < song_ms:
                yield time_ms, is_start


def kiai_edges(beatmap: Beatmap, spectrum: SongSpectrum) -> list[KiaiEdge]:
    """Return all judged edges of kiai; none for very short songs."""
    edges = list(edges_of(beatmap, spectrum.song_ms))
    if not edges:
        return []
    marks = BarMarks(beatmap, spectrum)
    return [_judge(marks, time_ms, is_start) for time_ms, is_start in edges] if marks.is_known else []


def _judge(marks: BarMarks, time_ms: float, is_start: bool) -> KiaiEdge:
    times_ms, found = marks.around(time_ms, is_start)
    scores = found @ np.array(list(WEIGHTS.values()))
    log_chances = (scores - np.logaddexp.reduce(scores)) / math.log(2)
    surprise = Surprisal(float(-log_chances[REACH_BARS]), float(-(np.exp2(log_chances) * log_chances).sum()))
    return KiaiEdge(time_ms, is_start, surprise, float(times_ms[int(scores.argmax())]))
