"""Red lines by the original's fit of beats one after another.

The leniency is fixed.

`beat_tracking.red_line_fit` fits a whole song at once and stands noise; this one is exact on exact beats, and on others
writes a red line wherever a beat is off by more than the leniency. What it does, in order:

1. A red line at every beat that announces one; without any, at the first beat.
2. Meters: where a bar has another number of beats than its line says, the line's meter is changed if the bar is its
   first, else a new line begins with that bar.
3. Tempos: each beat is added to the line before it. As long as one tempo explains all beats of the line, the line
   takes it, rounded as coarsely as the leniency allows (whole BPM, halves, tenths, ...). Otherwise the line is split
   at the downbeat, or before the last beat, where the two halves err least.
4. A red line wherever a downbeat no longer falls on the bars of its line.

Lines within 2 ms of a wanted one take its place. Tempos under 1 BPM stand for none: 60 BPM.
"""

from __future__ import annotations

import math

import numpy as np

from beat_tracking.red_line_fit import Beats
from osu_beatmap.beatmap import TimingPoint
from parity.assembly.lines import DEFAULT_BEAT_MS, LineEditor

MINUTE_MS = 60_000.0
TEMPO_STEPS_PER_BPM = (1, 2, 10, 100, 1000)
BEAT_FRACTIONS = (1, 1 / 2, 1 / 4, 1 / 8, 1 / 16)


def fit_red_lines_as_published(beats: Beats, leniency_ms: float) -> list[TimingPoint]:
    """Return the red lines of beats at whole milliseconds, possibly none.

    `is_measure` may mark announced beats too.
    """
    order = np.argsort(beats.times_ms, kind="stable")
    times_ms = beats.times_ms[order].astype(np.int64)
    announced = beats.is_timing_point[order]
    fit = _Fit(times_ms, beats.is_measure[order] & ~announced, announced, leniency_ms)
    if len(times_ms):
        fit.announce_lines()
        fit.meters()
        fit.tempos()
    return fit.lines.all_points()


class _Fit:
    """Lines so far, in time order.

    `weights` are the numbers of beats between each beat and the one before.
    """

    def __init__(
        self, times_ms: np.ndarray, is_downbeat: np.ndarray, announced: np.ndarray, leniency_ms: float
    ) -> None:
        self.times_ms = times_ms
        self.is_downbeat = is_downbeat
        self.announced = announced
        self.leniency_ms = leniency_ms
        self.weights = np.where(announced, 0.0, 1.0)
        self.lines = LineEditor(())

    def announce_lines(self) -> None:
        for time_ms in self.times_ms[self.announced]:
            self.lines.put_red(float(time_ms))
        if not self.lines.all_points():
            self.lines.put_red(float(self.times_ms[0]))

    def meters(self) -> None:
        beats_in_bar = 0
        bar_ms = self.times_ms[0]
        for time_ms, is_downbeat, announced in zip(self.times_ms, self.is_downbeat, self.announced, strict=True):
            if announced:
                beats_in_bar, bar_ms = 0, time_ms
                continue
            line = self.lines.line_at(time_ms - 1).point
            if round(line.time_ms) == time_ms:
                continue
            beats_in_bar += 1
            if not is_downbeat:
                continue
            if line.meter != beats_in_bar and bar_ms <= round(line.time_ms):
                line.meter = beats_in_bar
            elif line.meter != beats_in_bar:
                self.lines.put_red(float(bar_ms), meter=beats_in_bar)
            beats_in_bar, bar_ms = 0, time_ms

    def tempos(self) -> None:
        beats_in_bar = 0
        last_beat_ms = DEFAULT_BEAT_MS
        for index, time_ms in enumerate(self.times_ms.tolist()):
            line = self.lines.line_at(time_ms - 1).point
            start_ms = round(line.time_ms)
            if start_ms == time_ms:
                beats_in_bar = 0
                continue
            # Beats on the line itself and others at this time do not count.
            first = int(np.searchsorted(self.times_ms, start_ms + 1))
            stop = int(np.searchsorted(self.times_ms, time_ms))
            own = np.array([*range(first, stop), index])
            if self.weights[index] == 0:
                if len(own) != 1:
                    beats_in_bar = 0
                    continue
                self.weights[index] = _likely_beats((time_ms - start_ms) / last_beat_ms)
            beat_ms = self._beat_ms(own, start_ms)
            if self._explains(beat_ms, own, line):
                beat_ms = self._plain_beat_ms(beat_ms, own, line)
                line.beat_length_ms = beat_ms
            elif len(own) > 1:
                beat_ms, split = self._split(line, own)
                beats_in_bar = self._beats_since_downbeat(own[split:-1])
            last_beat_ms = beat_ms
            beats_in_bar += 1
            line = self.lines.line_at(time_ms).point
            if round(line.time_ms) == time_ms:
                beats_in_bar = 0
            if self.is_downbeat[index]:
                if beats_in_bar % line.meter != 0:
                    self.lines.put_red(float(time_ms), line.beat_length_ms, first_meter=line.meter)
                beats_in_bar = 0

    def _split(self, line: TimingPoint, own: np.ndarray) -> tuple[float, int]:
        """Split a line between its beats.

        Returns the tempo of the new line and the number of beats that the old one keeps.
        """
        start_ms = round(line.time_ms)
        best_loss, split = math.inf, len(own) - 1
        for kept in range(1, len(own)):
            if not self.is_downbeat[own[kept - 1]] and kept != len(own) - 1:
                continue
            loss = self._loss(own[:kept], start_ms) + self._loss(own[kept:], int(self.times_ms[own[kept - 1]]))
            if loss < best_loss:
                best_loss, split = loss, kept
        if split < len(own) - 1:
            beat_ms = self._beat_ms(own[:split], start_ms)
            line.beat_length_ms = self._plain_beat_ms(beat_ms, own[:split], line)
        new_ms = int(self.times_ms[own[split - 1]])
        beats_after = float(self.weights[own[split:]].sum())
        beat_ms = _round_beat_ms(int(self.times_ms[own[-1]]) - new_ms, beats_after, self.leniency_ms)
        self.lines.put_red(float(new_ms), beat_ms)
        return beat_ms, split

    def _beats_since_downbeat(self, own: np.ndarray) -> int:
        downbeats = np.flatnonzero(self.is_downbeat[own])
        return len(own) - 1 - int(downbeats[-1]) if len(downbeats) else len(own)

    def _beat_ms(self, own: np.ndarray, start_ms: int) -> float:
        return _round_beat_ms(int(self.times_ms[own[-1]]) - start_ms, float(self.weights[own].sum()), 0)

    def _loss(self, own: np.ndarray, start_ms: int) -> float:
        expected_ms = start_ms + np.cumsum(self.weights[own]) * self._beat_ms(own, start_ms)
        return float(((self.times_ms[own] - expected_ms) ** 2).sum()) / len(own)

    def _explains(self, beat_ms: float, own: np.ndarray, line: TimingPoint) -> bool:
        """Return whether all these beats are within the leniency."""
        expected_ms = round(line.time_ms) + beat_ms * np.cumsum(self.weights[own])
        return bool((np.abs(self.times_ms[own] - expected_ms) <= self.leniency_ms).all())

    def _plain_beat_ms(self, beat_ms: float, own: np.ndarray, line: TimingPoint) -> float:
        if beat_ms == 0 or beat_ms > MINUTE_MS:
            return beat_ms
        choices = _plain_beat_lengths(beat_ms)
        return next((plain_ms for plain_ms in choices if self._explains(plain_ms, own, line)), beat_ms)


def _likely_beats(beats: float) -> float:
    """Return the likely distance of two announced lines.

    It is a whole number of beats, or a fraction of a beat.
    """
    return min((round(beats), *BEAT_FRACTIONS), key=lambda choice: abs(choice - beats))


def _round_beat_ms(time_ms: float, beats: float, leniency_ms: float) -> float:
    """Return the beat length of a number of beats in a time.

    It is rounded as far as the last beat stays within the leniency.
    """
    if beats == 0 or time_ms == 0:
        return DEFAULT_BEAT_MS
    beat_ms = time_ms / beats
    if MINUTE_MS / beat_ms < 1:
        return DEFAULT_BEAT_MS
    choices = _plain_beat_lengths(beat_ms)
    return next((plain_ms for plain_ms in choices if abs(time_ms - plain_ms * beats) <= leniency_ms), beat_ms)


def _plain_beat_lengths(beat_ms: float) -> list[float]:
    """Return beat lengths of round tempos near one, the roundest first."""
    bpm = MINUTE_MS / beat_ms
    return [MINUTE_MS / (round(bpm * steps) / steps) for steps in TEMPO_STEPS_PER_BPM if round(bpm * steps)]
