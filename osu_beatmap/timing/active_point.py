"""Lookup of the active timing point; slider lengths and end times.

Both kinds of line state volume, sample bank and kiai anew. Of a red and a green line at one time the green one is the
later, whatever their order in the file. Beats are in `beat_grid`, changes of lines in `edits`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from osu_beatmap.beatmap import Difficulty, HitObject, HoldNote, Slider, Spinner, TimingPoint
from osu_beatmap.timing.beat_grid import BeatGrid

MIN_SLIDER_MULTIPLIER, MAX_SLIDER_MULTIPLIER = 0.4, 3.6
"""The range to which osu! clamps the slider multiplier of a map."""

PX_PER_BEAT = 100.0
"""Slider travel in one beat at slider multiplier 1 and slider velocity 1."""


def sv_of(point: TimingPoint) -> float:
    """Return the slider velocity of a line; red or NaN is 1."""
    return 1.0 if math.isnan(point.beat_length_ms) else point.sv_multiplier


class Timing(BeatGrid):
    """Lookup over the timing points of one beatmap.

    Later changes of the given list have no effect.

    Raises:
        BeatmapError: There is no red line, or a time or tempo is not a finite number.
    """

    def __init__(self, points: Sequence[TimingPoint]) -> None:
        super().__init__(points)
        self._times = [point.time_ms for point in self.points]

    def green_at(self, time_ms: float) -> TimingPoint | None:
        """Return the green line active at a time.

        It is None before the first one and after a red line.
        """
        index = bisect_right(self._times, time_ms) - 1
        if index < 0 or self.points[index].uninherited:
            return None
        return self.points[index]

    def line_at(self, time_ms: float) -> TimingPoint:
        """Return the line of either kind active at `time_ms`.

        Before the first line, return the first one, as osu! does for hit samples.
        """
        return self.points[max(0, bisect_right(self._times, time_ms) - 1)]

    def sv_at(self, time_ms: float) -> float:
        """Return the slider velocity multiplier, 0.1..10."""
        green = self.green_at(time_ms)
        return 1.0 if green is None else sv_of(green)

    def volume_at(self, time_ms: float) -> int:
        return self.line_at(time_ms).volume

    def sample_set_at(self, time_ms: float) -> int:
        """Return the sample set of the active line.

        AUTO means that of the beatmap.
        """
        return self.line_at(time_ms).sample_set

    def kiai_at(self, time_ms: float) -> bool:
        """Return whether a time is in kiai; never before the first line."""
        return time_ms >= self._times[0] and self.line_at(time_ms).kiai

    def kiai_spans(self) -> list[tuple[float, float]]:
        """Return (start_ms, end_ms) of each kiai time; the last may be infinite."""
        followed = zip(self.points, [*self.points[1:], None], strict=True)
        # Of several lines at one time the last one decides.
        deciding = (line for line, following in followed if following is None or following.time_ms > line.time_ms)
        return spans_between((line.time_ms, line.kiai) for line in deciding)


def spans_between(changes: Iterable[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Return the spans in which a state is on.

    Changes are (time_ms, whether it is on from then) in time order.
    """
    spans = []
    start_ms: float | None = None
    for time_ms, is_on in changes:
        if is_on and start_ms is None:
            start_ms = time_ms
        elif not is_on and start_ms is not None:
            if time_ms > start_ms:
                spans.append((start_ms, time_ms))
            start_ms = None
    return spans if start_ms is None else [*spans, (start_ms, math.inf)]


def slider_velocity_px_per_ms(time_ms: float, timing: Timing, difficulty: Difficulty) -> float:
    """Return the ball speed of a slider that starts at a time.

    Source: the wiki page "Slider velocity": one beat covers 100 px * slider multiplier * SV.
    """
    multiplier = min(MAX_SLIDER_MULTIPLIER, max(MIN_SLIDER_MULTIPLIER, difficulty.slider_multiplier))
    return PX_PER_BEAT * multiplier * timing.sv_at(time_ms) / timing.beat_length_at(time_ms)


def slider_duration_ms(slider: Slider, timing: Timing, difficulty: Difficulty) -> float:
    """Return the duration of all slides; 0 without a length."""
    velocity = slider_velocity_px_per_ms(slider.time_ms, timing, difficulty)
    return max(0, slider.slides) * max(0.0, slider.length_px) / velocity


def slider_length_px(slide_duration_ms: float, time_ms: float, timing: Timing, difficulty: Difficulty) -> float:
    """Return the length of a slider whose slides last `slide_duration_ms` each."""
    return slide_duration_ms * slider_velocity_px_per_ms(time_ms, timing, difficulty)


def end_time_ms(hit_object: HitObject, timing: Timing, difficulty: Difficulty) -> float:
    """Return the end time of an object.

    A circle ends when it starts.
    """
    if isinstance(hit_object, Slider):
        return hit_object.time_ms + slider_duration_ms(hit_object, timing, difficulty)
    if isinstance(hit_object, Spinner | HoldNote):
        return max(hit_object.time_ms, hit_object.end_ms)
    return hit_object.time_ms
