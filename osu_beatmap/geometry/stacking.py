"""Stacks of osu!standard: objects at one position in quick succession.

They are drawn apart, up and to the left.

Source: how osu!lazer stacks objects while it loads a map, for file formats from 6 on and for older ones. Heights are
counted in steps; the last object of a stack stands on the ground, and notes under the end of a slider sink below it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from osu_beatmap.beatmap import Slider
from osu_beatmap.rules.chart import Chart

STACK_REACH_PX = 3.0
"""Objects nearer than this share a place."""

STEP_SHARE_OF_RADIUS = 0.1
"""How far a step of the stack is, left and up, as a share of the radius of a circle."""

FIRST_BACKWARD_VERSION = 6
MAX_COMPARED = 100
"""Maximum objects at one moment that are stacked: more are unplayable, and comparing all would take minutes."""


def stack_heights(chart: Chart) -> np.ndarray:
    """Return the height [n] of each object in its stack, in steps.

    It is below 0 under the end of a slider.
    """
    leniency = chart.beatmap.stack_leniency
    window_ms = chart.approach_ms * (leniency if math.isfinite(leniency) else 0.0)
    stacker = _Stacker(chart, window_ms)
    if chart.beatmap.format_version >= FIRST_BACKWARD_VERSION:
        return stacker.backward()
    return stacker.forward()


def step_px(chart: Chart) -> float:
    """Return the distance of each step, left and up."""
    return STEP_SHARE_OF_RADIUS * chart.radius_px


class _Stacker:
    """Computation of stack heights.

    Of a slider, only its head and the end of its first slide count, for any number of repeats.
    """

    def __init__(self, chart: Chart, window_ms: float) -> None:
        self.chart = chart
        self.window_ms = window_ms
        self.heights = np.zeros(len(chart.objects), dtype=int)
        self.start_xy = chart.start_xy.tolist()
        self.slide_end_xy = list(self.start_xy)
        for place, path in chart.paths.items():
            self.slide_end_xy[place] = path.end
        self.is_slider = [isinstance(hit_object, Slider) for hit_object in chart.objects]

    def backward(self) -> np.ndarray:
        """Stack from the last object of each stack to its first."""
        for last in range(len(self.heights) - 1, 0, -1):
            if self.heights[last] == 0 and not self.chart.is_spinner[last]:
                self._stack_before(last)
        return self.heights

    def _stack_before(self, last: int) -> None:
        """Stack earlier objects on object `last`."""
        base, starts_at_slider = last, self.is_slider[last]
        before_ms = self.chart.start_ms if starts_at_slider else self.chart.end_ms
        for place in range(last - 1, max(-1, last - 1 - MAX_COMPARED), -1):
            if self.chart.is_spinner[place]:
                continue
            if self.chart.start_ms[base] - before_ms[place] > self.window_ms:
                return
            is_upon_end = self._is_near(self.slide_end_xy[place], base)
            if self.is_slider[place] and not starts_at_slider and is_upon_end:
                self._sink_below_end(place, base, last)
                return
            if is_upon_end if starts_at_slider else self._is_near(self.start_xy[place], base):
                self.heights[place] = self.heights[base] + 1
                base = place

    def _sink_below_end(self, slider: int, base: int, last: int) -> None:
        """Sink circles under a slider's end, from after it to `last`.

        The slider stays.
        """
        sunk = self.heights[base] - self.heights[slider] + 1
        for place in range(slider + 1, last + 1):
            if self._is_near(self.slide_end_xy[slider], place):
                self.heights[place] -= sunk

    def forward(self) -> np.ndarray:
        """Stack from the first object of each stack to its last.

        This is the rule before format 6.
        """
        for first in range(len(self.heights)):
            if self.heights[first] == 0 or self.is_slider[first]:
                self._stack_after(first)
        return self.heights

    def _stack_after(self, first: int) -> None:
        ends_ms, sunk = self.chart.end_ms[first], 0
        for place in range(first + 1, min(len(self.heights), first + 1 + MAX_COMPARED)):
            if self.chart.start_ms[place] - self.window_ms > ends_ms:
                return
            if self._is_near(self.start_xy[first], place):
                self.heights[first] += 1
            elif self._is_near(self.slide_end_xy[first], place):
                sunk += 1
                self.heights[place] -= sunk
            else:
                continue
            ends_ms = self.chart.end_ms[place]

    def _is_near(self, point: Sequence[float], place: int) -> bool:
        return math.dist(self.start_xy[place], point) < STACK_REACH_PX
