"""Comparison of red lines and objects with the audio alone.

Onsets come from the audio, to a millisecond, and beats from the beat network. The objects and beats of a section under
one red line are moved together, and stretched, until they match the most onsets and beats: the shift is an offset, the
stretch a wrong tempo.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from modding.aspects import Aspect
from modding.observation.line_fit import LineFit
from modding.observation.observation import Observation
from osu_beatmap.beatmap import Beatmap, TimingPoint
from osu_beatmap.timing.active_point import Timing
from osuT5.beats.red_lines import QUIET
from osuT5.generation.token_scores import Surprisal
from osuT5.rhythm.alignment import USUAL_LEAD_MS
from osuT5.rhythm.features import FRAME_MS

SIGMA_MS = 5.0
"""Standard deviation of the offsets of good charts.

14 charts of the training songs had 4.6 ms about their median, without two that were timed for another game.
"""

MAX_OFFSET_MS = 60.0
EDGE_MS = 4.0
OFFSET_STEP_MS = 2.0
MAX_DRIFT = 0.01
DRIFT_STEP = 0.0005
"""Relative changes of tempo that are tested."""

MAX_DRIFTED_MS = 250.0
LONGEST_STRETCH_MS = 40_000.0
SHORTEST_STRETCH_MS = 8_000.0
FEWEST_MARKS = 16
MIN_GAIN_BITS = 0.15
"""Minimum gain for each object and beat of a change of tempo, since one more parameter always gains a little."""

ONSET_LEAD_MS = 20.0
"""Time from an object to its strongest onset: the median of 23 maps of the training songs."""

ONSET_SIGMA_MS = 3.0
"""Standard deviation by which onset strength is smoothed: sounds of one beat are not at the same millisecond."""

LEVEL_MS = 2000
"""Span of the mean onset strength that an onset is compared with: quiet passages have onsets, too."""

QUIET_ONSET = 0.1


@dataclass(frozen=True, slots=True)
class Stretch:
    """Section of a red line with its offset from the audio.

    The audio is `offset_ms` later than the line (earlier if negative). `drift` is the fraction by which the audio's
    beats are longer; 0 if the tempo is right. `lines_ms` is the span of the red line, infinite at either end of the
    map.
    """

    red: TimingPoint
    lines_ms: tuple[float, float]
    start_ms: float
    end_ms: float
    offset_ms: float
    drift: float = 0.0

    def error_ms(self, time_ms: float) -> float:
        """Return the delay of the audio at a time."""
        return self.offset_ms + self.drift * (time_ms - (self.start_ms + self.end_ms) / 2)

    @property
    def surprise(self) -> Surprisal:
        """Surprisal of the mean square error, with normal errors of SIGMA_MS.

        Half a bit and more is expected.
        """
        errors = [self.error_ms(float(time_ms)) for time_ms in np.linspace(self.start_ms, self.end_ms, 9)]
        return gaussian_surprise(math.sqrt(sum(error**2 for error in errors) / len(errors)))

    def goes_on_as(self, other: Stretch) -> bool:
        """Return whether a later section has the same offset and drift."""
        if bool(self.drift) != bool(other.drift):
            return False
        if self.drift:
            return self.red is other.red and abs(self.drift - other.drift) <= 2 * DRIFT_STEP
        return abs(self.offset_ms - other.offset_ms) <= 2 * SIGMA_MS

    def joined(self, other: Stretch) -> Stretch:
        """Return the union of this section and a following similar one."""
        spans_ms = (self.end_ms - self.start_ms, other.end_ms - other.start_ms)
        offset_ms = float(np.average([self.offset_ms, other.offset_ms], weights=spans_ms))
        drift = float(np.average([self.drift, other.drift], weights=spans_ms))
        lines_ms = (self.lines_ms[0], other.lines_ms[1])
        return Stretch(self.red, lines_ms, self.start_ms, other.end_ms, offset_ms, drift)


def gaussian_surprise(error_ms: float) -> Surprisal:
    bits_per_square = 0.5 / SIGMA_MS**2 / math.log(2)
    return Surprisal(bits_per_square * error_ms**2, 0.5 / math.log(2))


class SongEvidence:
    """Evidence of onsets and beats at object times, in bits.

    Args:
        attack_strengths: Onset strength, float [milliseconds].
        beats: Probability of a beat in each frame of FRAME_MS, float [frames].
    """

    def __init__(self, attack_strengths: np.ndarray, beats: np.ndarray) -> None:
        strengths = gaussian_filter1d(attack_strengths.astype(np.float64), ONSET_SIGMA_MS)
        usual = uniform_filter1d(strengths, LEVEL_MS)
        self._onsets = np.log2(np.maximum(strengths / np.maximum(usual, 1e-9), QUIET_ONSET))
        self._beats = np.log2(np.maximum(beats, QUIET))

    def of_onsets(self, times_ms: np.ndarray) -> np.ndarray:
        """Return the evidence of onsets at times of any shape."""
        return np.interp(times_ms + ONSET_LEAD_MS, np.arange(len(self._onsets)), self._onsets)

    def of_beats(self, times_ms: np.ndarray) -> np.ndarray:
        """Return the evidence of beats at times of any shape."""
        return np.interp((times_ms + USUAL_LEAD_MS) / FRAME_MS, np.arange(len(self._beats)), self._beats)


def detect_sections(
    beatmap: Beatmap, song: SongEvidence, song_ms: float, fits: Sequence[LineFit] = ()
) -> list[Stretch]:
    """Return the sections of a map that are long enough to judge.

    If red lines are off their objects (`fits`), beats are taken from the objects, so that one error is reported once.
    """
    timing = Timing(beatmap.timing_points)
    moved = {fit.red.time_ms: fit for fit in fits if fit.is_off}
    times_ms = np.unique([obj.time_ms for obj in beatmap.hit_objects])
    if not len(times_ms):
        return []
    stretches = []
    for red, lines_ms, start_ms, end_ms in _sections(
        timing, float(times_ms[0]), min(float(times_ms[-1]), song_ms - MAX_OFFSET_MS)
    ):
        beats_ms = np.array([beat.time_ms for beat in timing.beats(start_ms, end_ms)])
        objects_ms = times_ms[(times_ms >= start_ms) & (times_ms < end_ms)]
        if len(objects_ms) < FEWEST_MARKS or end_ms - start_ms < SHORTEST_STRETCH_MS:
            continue
        fit = moved.get(red.time_ms)
        beats_ms = beats_ms if fit is None else fit.moved(beats_ms)
        marks = [(song.of_onsets, objects_ms), (song.of_beats, beats_ms)]
        offset_ms, drift = _best_fit(marks, (start_ms + end_ms) / 2, red.beat_length_ms)
        if drift or abs(offset_ms) < MAX_OFFSET_MS - EDGE_MS:  # what is best at the edge may be anywhere beyond it
            stretches.append(Stretch(red, lines_ms, start_ms, end_ms, offset_ms, drift))
    return stretches


def _sections(
    timing: Timing, first_ms: float, last_ms: float
) -> Iterator[tuple[TimingPoint, tuple[float, float], float, float]]:
    """Yield spans under one red line with the span of the line.

    Long ones are divided equally.
    """
    edges_ms = [-math.inf, *(red.time_ms for red in timing.reds[1:]), math.inf]
    for red, lines_ms in zip(timing.reds, pairwise(edges_ms), strict=True):
        start_ms, end_ms = max(first_ms, lines_ms[0]), min(last_ms, lines_ms[1])
        parts = max(1, math.ceil((end_ms - start_ms) / LONGEST_STRETCH_MS))
        for part_start_ms, part_end_ms in pairwise(np.linspace(start_ms, end_ms, parts + 1).tolist()):
            yield red, lines_ms, part_start_ms, part_end_ms


Marks = Sequence[tuple[Callable[[np.ndarray], np.ndarray], np.ndarray]]
"""Evidence at times, and the times at which it is expected."""


def _best_fit(marks: Marks, middle_ms: float, beat_ms: float) -> tuple[float, float]:
    """Return the best offset and drift; 0 unless drift explains much more.

    With a drift, the offset may be up to half a beat.
    """
    count = sum(len(times_ms) for _, times_ms in marks)
    near_ms = np.arange(-MAX_OFFSET_MS, MAX_OFFSET_MS + 1, OFFSET_STEP_MS)
    still = _scores(marks, middle_ms, near_ms, np.zeros(1))
    far = max(MAX_OFFSET_MS, min(MAX_DRIFTED_MS, beat_ms / 2))
    far_ms = np.arange(-far, far + 1, 2 * OFFSET_STEP_MS)
    drifts = np.arange(-MAX_DRIFT, MAX_DRIFT + DRIFT_STEP / 2, DRIFT_STEP)
    drifting = _scores(marks, middle_ms, far_ms, drifts)
    drift, offset = np.unravel_index(drifting.argmax(), drifting.shape)
    if drifting.max() - still.max() < MIN_GAIN_BITS * count or abs(drifts[drift]) < DRIFT_STEP / 2:
        return _vertex(near_ms, still[0], int(still[0].argmax())), 0.0
    return float(far_ms[offset]), _vertex(drifts, drifting[:, offset], int(drift))


def _scores(marks: Marks, middle_ms: float, shifts_ms: np.ndarray, drifts: np.ndarray) -> np.ndarray:
    """Return the evidence for each drift and shift in bits, [drifts, shifts]."""
    scores = np.zeros((len(drifts), len(shifts_ms)))
    for evidence, times_ms in marks:
        at_ms = times_ms + drifts[:, None] * (times_ms - middle_ms)  # [drifts, marks]
        scores += evidence(at_ms[:, None] + shifts_ms[:, None]).sum(-1)
    return scores


def _vertex(places: np.ndarray, heights: np.ndarray, peak: int) -> float:
    """Return the vertex of a parabola through a peak and its neighbours."""
    if not 0 < peak < len(places) - 1:
        return float(places[peak])
    left, middle, right = heights[peak - 1 : peak + 2]
    curvature = left - 2 * middle + right
    return float(places[peak] + (places[1] - places[0]) * (0.5 * (left - right) / curvature if curvature < 0 else 0.0))


def observe_timing(stretches: Sequence[Stretch]) -> Iterator[Observation]:
    """Yield an observation for each stretch."""
    for stretch in stretches:
        yield Observation(Aspect.OFFSET, stretch.start_ms, stretch.surprise, None, stretch, None)
