"""Kinds of objects and combos, in standard and catch."""

from __future__ import annotations

import math

import numpy as np

from osu_beatmap.beatmap import Slider
from osu_beatmap.geometry.combos import combo_numbers
from osu_beatmap.geometry.slider_path import SliderPath
from osu_beatmap.profile.beats import beat_places, share
from osu_beatmap.rules.chart import Chart

STRAIGHT_PX = 2.0
"""A slider is curved if its path leaves the line through its ends by more than this."""


def object_profile(chart: Chart) -> dict[str, float]:
    """Return the metrics of sliders, spinners and combos."""
    sliders = [obj for obj in chart.objects if isinstance(obj, Slider)]
    is_curved = np.array([is_curved_path(path) for path in chart.paths.values()], bool)
    repeats = np.array([slider.slides > 1 for slider in sliders], bool)
    numbers = np.array(combo_numbers(chart.beatmap))[chart.indices]
    begins_combo = numbers == 1
    places = beat_places(chart.timing, chart.start_ms)
    return {
        "slider_share": len(sliders) / len(chart.objects),
        "curved_slider_share": share(is_curved),
        "repeat_slider_share": share(repeats),
        "spinners": float(chart.is_spinner.sum()),
        "combos_on_downbeats_share": share(places.is_downbeat[begins_combo]),
        "combo_length_objects": len(numbers) / begins_combo.sum() if begins_combo.any() else math.nan,
    }


def is_curved_path(path: SliderPath) -> bool:
    """Return whether a slider is curved, a corner included."""
    offsets = path.points - path.points[0]
    across = offsets[-1]
    length_px = math.hypot(*across)
    if length_px == 0:
        return bool(np.hypot(*offsets.T).max() > STRAIGHT_PX)
    off_line_px = np.abs(offsets[:, 0] * across[1] - offsets[:, 1] * across[0]) / length_px
    return bool(off_line_px.max() > STRAIGHT_PX)
