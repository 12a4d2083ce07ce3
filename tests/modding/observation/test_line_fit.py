"""Red lines that were moved, or whose tempo was changed, without their objects."""

from dataclasses import replace

import numpy as np
import pytest

from modding.aspects import Aspect
from modding.fixes import apply_fixes, retime_line
from modding.observation.line_fit import LEAST_BITS, line_fits, observe_lines
from modding.suggestion_builder import suggestions_of
from modding.thresholds import ThresholdTable
from osu_beatmap.beatmap import TimingPoint
from osu_beatmap.timing.active_point import Timing
from tests.support.review_maps import BEAT_MS, regular_map

TABLE = ThresholdTable(dict.fromkeys([(regular_map().mode, Aspect.LINES)], ((0.0, 1.0),)))


def chart(by_ms: float = 0.0, longer: float = 1.0):
    """Objects on half beats, and now and then on quarters; the line alone is changed."""
    beatmap = regular_map(beats=100)
    for number, obj in enumerate(beatmap.hit_objects):
        obj.time_ms = float(round(1000.0 + BEAT_MS * (number / 2 + (number % 7 == 3) / 4)))
    beatmap.timing_points = [replace(beatmap.timing_points[0], time_ms=1000.0 + by_ms, beat_length_ms=BEAT_MS * longer)]
    return beatmap


def test_a_line_that_fits_or_has_few_fitting_objects_is_left_alone():
    (fit,) = line_fits(chart())
    assert (fit.bits, fit.offset_ms, fit.drift, fit.is_off) == (0.0, 0.0, 0.0, False)
    assert line_fits(regular_map(beats=10)) == []
    rng = np.random.default_rng(1)
    beatmap = chart()
    for obj in beatmap.hit_objects:
        obj.time_ms = float(rng.uniform(1000.0, 20_000.0))
    assert not any(fit.is_off for fit in line_fits(beatmap))


@pytest.mark.parametrize("by_ms", [10.0, -20.0, 25.0])  # 25 ms is a sixteenth of a beat
def test_a_line_moved_alone_is_told_to_a_millisecond(by_ms):
    (fit,) = line_fits(chart(by_ms))
    assert fit.bits > LEAST_BITS
    assert fit.offset_ms == pytest.approx(-by_ms, abs=1.0)
    assert fit.drift == 0.0


@pytest.mark.parametrize("share", [0.005, -0.003])
def test_a_tempo_changed_alone_is_a_drift(share):
    (fit,) = line_fits(chart(longer=1 + share))
    assert fit.bits > LEAST_BITS
    assert (1 + share) * (1 + fit.drift) == pytest.approx(1.0, abs=1e-4)
    beats_ms = 1000.0 + BEAT_MS * (1 + share) * np.arange(50)
    assert fit.moved(beats_ms) == pytest.approx(1000.0 + BEAT_MS * np.arange(50), abs=2.0)


@pytest.mark.parametrize(("by_ms", "longer"), [(20.0, 1.0), (0.0, 1.005)])
def test_it_is_one_suggestion_that_mends_the_line(by_ms, longer):
    beatmap = chart(by_ms, longer)
    listed = suggestions_of(beatmap, observe_lines(line_fits(beatmap)), TABLE)
    (said,) = [each for each in listed if each.rule in ("", "unsnapped")]
    assert said.subject == "red line"
    mended = apply_fixes(beatmap, [said.fix])
    assert line_fits(mended)[0].bits == 0.0
    assert [obj.time_ms for obj in mended.hit_objects] == [obj.time_ms for obj in beatmap.hit_objects]


@pytest.mark.parametrize("by_ms", [12.0, -12.0])
def test_a_line_that_is_moved_keeps_the_velocity_after_it(by_ms):
    beatmap = chart()
    beatmap.timing_points.append(TimingPoint(beatmap.timing_points[0].time_ms, -200.0, uninherited=False))
    red_ms = beatmap.timing_points[0].time_ms
    mended = Timing(apply_fixes(beatmap, [retime_line(red_ms, by_ms, 1.0, "")]).timing_points)
    assert mended.reds[0].time_ms == red_ms + by_ms
    assert mended.sv_at(red_ms + by_ms) == mended.sv_at(red_ms + 1_000.0) == 0.5


def test_each_line_is_judged_by_its_own_objects():
    beatmap = chart()
    beatmap.timing_points.append(TimingPoint(11_012.0, BEAT_MS))
    first, second = line_fits(beatmap)
    assert not first.is_off
    assert second.offset_ms == pytest.approx(-12.0, abs=1.0)
