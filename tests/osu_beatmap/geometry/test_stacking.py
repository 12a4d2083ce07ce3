"""Stacks as osu! shows them."""

import numpy as np
import pytest

from osu_beatmap.beatmap import Beatmap, Circle, CurveKind, Difficulty, PathSegment, Slider, Spinner, TimingPoint
from osu_beatmap.geometry.stacking import stack_heights, step_px
from osu_beatmap.rules.chart import Chart


def chart_of(*objects, version: int = 14, leniency: float = 0.7) -> Chart:
    """At approach rate 9 objects are on screen for 600 ms, so that they stack within 420 ms."""
    difficulty = Difficulty(circle_size=4.0, approach_rate=9.0, slider_multiplier=1.0)
    points = [TimingPoint(0.0, 500.0)]
    return Chart(
        Beatmap(
            format_version=version,
            stack_leniency=leniency,
            difficulty=difficulty,
            timing_points=points,
            hit_objects=list(objects),
        )
    )


def heights(*objects, **settings) -> list[int]:
    return stack_heights(chart_of(*objects, **settings)).tolist()


def slider(time_ms: float, x: float, end_x: float, slides: int = 1) -> Slider:
    """100 px last half a second."""
    segments = [PathSegment(CurveKind.LINEAR, [(x, 100.0), (end_x, 100.0)])]
    return Slider(time_ms, x, 100.0, segments=segments, slides=slides, length_px=abs(end_x - x))


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([Circle(0, 100, 100), Circle(200, 100, 100), Circle(400, 101, 101)], [2, 1, 0]),
        ([Circle(0, 100, 100), Circle(100, 300, 300), Circle(200, 100, 100)], [1, 0, 0]),  # others may come between
        ([slider(0, 0, 100), Circle(600, 100, 100), Circle(700, 100, 100)], [0, -1, -2]),  # below the slider's end
        ([slider(0, 0, 100), slider(400, 100, 200)], [1, 0]),  # but a slider lifts the one that it begins on
        ([slider(0, 0, 100), Circle(900, 100, 100)], [0, -1]),  # 400 ms after the slider's end
        ([slider(0, 0, 100), Circle(930, 100, 100)], [0, 0]),
    ],
)
def test_what_stacks(objects, expected):
    assert heights(*objects) == expected


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (Circle(421, 100, 100), "later than approach time times leniency"),
        (Circle(200, 104, 100), "another place"),
        (Spinner(200, 100, 100, end_ms=300), "spinners do not stack"),
    ],
)
def test_what_does_not_stack(second, why):
    assert heights(Circle(0, 100, 100), second) == [0, 0], why


def test_steps_of_stacks_and_old_formats():
    assert heights(Circle(0, 100, 100), Circle(200, 100, 100), Circle(400, 100, 100), version=5) == [2, 1, 0]
    assert heights(slider(0, 0, 100), Circle(600, 100, 100), version=5) == [0, -1]
    assert step_px(chart_of(Circle(0, 0, 0))) == pytest.approx((54.4 - 4.48 * 4) / 10)


def test_thousands_of_objects_at_one_moment_and_broken_numbers_are_no_trouble():
    objects = [Circle(0.0, 100, 100) for _ in range(3000)] + [Circle(np.nan, 1, 1)]
    assert len(heights(*objects)) == 3000
    assert heights(Circle(0, 0, 0), Circle(1, 0, 0), leniency=np.nan) == [0, 0]
