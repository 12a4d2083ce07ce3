"""Red lines from frame-wise beat probabilities, with or without other beats.

The peaks of the activation are beats with a weight, so that `beat_tracking.segments` can find the tempo and its
changes. Tempo and phase of each stretch are then those under whose grid the activation sums up highest: that uses every
frame, not the peaks alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from beat_tracking.grids import MAX_BPM, Grid, Observations
from beat_tracking.octaves import BeatEvidence, choose_octaves
from beat_tracking.onset_alignment import move_to_onsets
from beat_tracking.red_line_fit import Beats, clean_beats, fit_segments
from beat_tracking.red_lines import lines_of_segments
from beat_tracking.segments import Segment, estimate_sigma_ms
from osu_beatmap.beatmap import TimingPoint

_MIN_PEAK = 0.1  # of the height that strong peaks have
_MIN_PEAK_GAP_MS = 0.4 * 60_000.0 / MAX_BPM
_BEAT_AT_MOST_MS, _BAR_AT_MOST_MS = 1000.0, 4000.0  # slower songs are rare
_SAME_BEAT_MS = 40.0
_SMOOTHING_MS = 12.0
_SEARCH_DRIFT_MS = 16.0  # at either end of a stretch, by the tempo
_SEARCH_SHIFT_MS = 16.0
_SEARCH_ROUNDS = (1.0, 0.2, 0.04)


def fit_from_activation(
    beat_prob: np.ndarray,
    downbeat_prob: np.ndarray,
    frame_ms: float,
    beats: Beats | None = None,
    attack_strengths: np.ndarray | None = None,
) -> list[TimingPoint]:
    """Return the fewest red lines that explain the activations; at least one.

    Both activations are float [frames] in 0..1.

    Frame i stands for the time i * frame_ms. With `beats` given, they decide where the tempo changes, and the
    activations how fast and when exactly; both say in which octave it is counted. Only ratios of probabilities count,
    so an activation that is low throughout will do. Without a peak `DEFAULT_BPM` holds from 0 ms on.
    `attack_strengths`, float [milliseconds], say where in the audio sounds begin.
    """
    beat_prob, downbeat_prob = _clean(beat_prob), _clean(downbeat_prob)
    assert len(beat_prob) == len(downbeat_prob) and frame_ms > 0, "one probability of each kind per frame"
    song_ms = len(beat_prob) * frame_ms
    peaks, downbeats = _peaks(beat_prob, downbeat_prob, frame_ms)
    if beats is None:
        peaks, segments = fit_segments(peaks)
        if len(peaks.times_ms) >= 4:
            segments = choose_octaves(BeatEvidence(peaks, beat_prob, frame_ms), peaks.times_ms, segments)
    else:
        clean = clean_beats(beats, song_ms)
        sigma_ms = estimate_sigma_ms(clean.times_ms, clean.resolution_ms)
        given = Observations(clean.times_ms, clean.sureness, clean.is_timing_point, sigma_ms)
        if len(peaks.times_ms) < 4 or len(clean.times_ms) < 4:
            source, marked = (given, clean.downbeats) if len(clean.times_ms) >= 4 else (peaks, downbeats)
            source, segments = fit_segments(source)
            return lines_of_segments(source, marked, segments)
        given, segments = fit_segments(given)
        segments = _move_segments(segments, given.times_ms, peaks.times_ms)
        heard = BeatEvidence(given, beat_prob, frame_ms)
        segments = choose_octaves(heard, peaks.times_ms, segments)
        peaks = replace(peaks, marks=_is_near_any(peaks.times_ms, given.times_ms[given.marks]))
        downbeats = (downbeats + _take_nearest(clean.downbeats, given.times_ms, peaks.times_ms)) / 2
    if len(peaks.times_ms) >= 4:
        smooth = _smooth(beat_prob, frame_ms)
        segments = [_refine(smooth, frame_ms, peaks.times_ms, segment) for segment in segments]
        if attack_strengths is not None:
            peaks = move_to_onsets(peaks, segments, attack_strengths)
    return lines_of_segments(peaks, downbeats, segments)


def _clean(prob: np.ndarray) -> np.ndarray:
    prob = np.nan_to_num(np.asarray(prob, np.float64).reshape(-1), nan=0.0, posinf=1.0, neginf=0.0)
    return np.clip(prob, 0.0, 1.0)


def _peaks(beat_prob: np.ndarray, downbeat_prob: np.ndarray, frame_ms: float) -> tuple[Observations, np.ndarray]:
    """Return the peaks of the beat activation, and their downbeat probabilities.

    Both have shape [peaks].
    """
    padded = np.pad(beat_prob, 1)
    centre, left, right = padded[1:-1], padded[:-2], padded[2:]
    frames = np.flatnonzero((centre > 0) & (centre >= left) & (centre > right))
    none = Observations(np.zeros(0), np.zeros(0), np.zeros(0, bool), 1.0)
    if len(frames) == 0:
        return none, none.marks
    frames = _apart(frames, beat_prob[frames], _MIN_PEAK_GAP_MS / frame_ms)
    heights = beat_prob[frames]
    song_ms = len(beat_prob) * frame_ms
    strong = _nth_highest(heights, song_ms / _BEAT_AT_MOST_MS)
    frames, heights = frames[heights >= _MIN_PEAK * strong], heights[heights >= _MIN_PEAK * strong]
    # A parabola through the peak and its neighbours has its vertex within half a frame.
    curvature = left[frames] - 2 * centre[frames] + right[frames]
    vertex = np.where(curvature < 0, (left[frames] - right[frames]) / (2 * np.minimum(curvature, -1e-12)), 0.0)
    times_ms = (frames + np.clip(vertex, -0.5, 0.5)) * frame_ms
    weights = np.clip(heights / strong, _MIN_PEAK, 1.0)
    sigma_ms = estimate_sigma_ms(times_ms[weights > 0.5])
    near_downbeat = np.max([np.roll(downbeat_prob, shift)[frames] for shift in range(-2, 3)], axis=0)
    downbeats = np.minimum(1.0, near_downbeat / max(1e-9, _nth_highest(near_downbeat, song_ms / _BAR_AT_MOST_MS)))
    return Observations(times_ms, weights, np.zeros(len(frames), bool), sigma_ms), downbeats


def _nth_highest(heights: np.ndarray, count: float) -> float:
    """Return the height that the `count` highest reach.

    `count` is the least number of beats in a song.
    """
    return float(np.sort(heights)[-int(np.clip(count, 1, len(heights)))])


def _apart(frames: np.ndarray, heights: np.ndarray, gap_frames: float) -> np.ndarray:
    """Return the frames, in order, without those too near a higher one."""
    keep = np.ones(len(frames), bool)
    while True:
        kept = np.flatnonzero(keep)
        close = np.flatnonzero(np.diff(frames[kept]) < gap_frames)
        if len(close) == 0:
            return frames[kept]
        # Of every two in conflict the lower one goes; in a run of conflicts this may need several rounds.
        lower = np.where(heights[kept[close]] < heights[kept[close + 1]], close, close + 1)
        lowest = lower[np.r_[True, np.diff(lower) > 1]]
        keep[kept[lowest]] = False


def _is_near_any(times_ms: np.ndarray, others_ms: np.ndarray) -> np.ndarray:
    """Return bool [times]: whether each is the nearest to another time."""
    near = np.zeros(len(times_ms), bool)
    for other_ms in others_ms:
        near[np.abs(times_ms - other_ms).argmin()] = True
    return near


def _take_nearest(values: np.ndarray, from_ms: np.ndarray, to_ms: np.ndarray) -> np.ndarray:
    """Return the values of the times nearest to each of the others.

    `from_ms` is ascending. The value is 0 if no time is near.
    """
    after = np.clip(np.searchsorted(from_ms, to_ms), 1, len(from_ms) - 1)
    nearest = np.where(to_ms - from_ms[after - 1] < from_ms[after] - to_ms, after - 1, after)
    return np.where(np.abs(to_ms - from_ms[nearest]) < _SAME_BEAT_MS, values[nearest], 0.0)


def _move_segments(segments: list[Segment], from_ms: np.ndarray, to_ms: np.ndarray) -> list[Segment]:
    """Move segments to other beats of the same song.

    Segments that would contain no beat are dropped.
    """
    moved = []
    first = 0
    for segment in segments:
        last = segment is segments[-1]
        bound_ms = np.inf if last else (from_ms[segment.stop - 1] + from_ms[segment.stop]) / 2
        stop = int(np.searchsorted(to_ms, bound_ms))
        if stop - first >= 2:
            moved.append(Segment(first, stop, segment.grid))
            first = stop
    if not moved:
        return [Segment(0, len(to_ms), segments[0].grid)]
    moved[-1] = replace(moved[-1], stop=len(to_ms))
    return moved


def _smooth(activation: np.ndarray, frame_ms: float) -> np.ndarray:
    reach = int(np.ceil(3 * _SMOOTHING_MS / frame_ms))
    kernel = np.exp(-((np.arange(-reach, reach + 1) * frame_ms / _SMOOTHING_MS) ** 2) / 2)
    return np.convolve(activation, kernel / kernel.sum(), mode="same")[: len(activation)]


def _refine(activation: np.ndarray, frame_ms: float, times_ms: np.ndarray, segment: Segment) -> Segment:
    """Move tempo and phase slightly to the grid with most activation."""
    first_ms, last_ms = times_ms[segment.first], times_ms[segment.stop - 1]
    grid = segment.grid
    middle = np.rint(((first_ms + last_ms) / 2 - grid.phase_ms) / grid.period_ms)
    period_ms, phase_ms = grid.period_ms, grid.phase_ms + middle * grid.period_ms
    reach = int((last_ms - first_ms) / 2 / period_ms)
    if reach < 2 or grid.drift:
        return segment
    numbers = np.arange(-reach, reach + 1)
    frames = np.arange(len(activation))
    for scale in _SEARCH_ROUNDS:
        drifts_ms = np.linspace(-1, 1, 17) * _SEARCH_DRIFT_MS * scale
        shifts_ms = np.linspace(-1, 1, 17) * _SEARCH_SHIFT_MS * scale
        periods_ms = period_ms + drifts_ms / reach
        at_ms = phase_ms + shifts_ms[None, :, None] + numbers * periods_ms[:, None, None]  # [drifts, shifts, beats]
        score = np.interp(at_ms / frame_ms, frames, activation, left=0.0, right=0.0).sum(axis=-1)
        drift, shift = np.unravel_index(score.argmax(), score.shape)
        period_ms, phase_ms = float(periods_ms[drift]), float(phase_ms + shifts_ms[shift])
    return replace(segment, grid=Grid(period_ms, phase_ms))
