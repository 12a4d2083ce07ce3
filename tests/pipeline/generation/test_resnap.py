"""Times to ticks: literal drafts, and human charts as coarse as a model's times are."""

import random

import pytest

from osu_beatmap.beatmap import EFFECT_KIAI, Circle, Difficulty, GameMode, HoldNote, Slider, Spinner, TimingPoint
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.reader import read_beatmap
from osu_beatmap.timing.active_point import Timing, end_time_ms
from osuT5.tokens.events import Event, EventGroup, EventKind
from pipeline.generation.resnap import predicted_divisors, resnap
from tests.support.finish_drafts import RED, draft_of
from tests.support.sliders import line_slider

TRIPLET_MS = 500.0 / 3


def starts_of(*times_ms: float, divisors: dict[int, int] | None = None) -> list[float]:
    draft = draft_of(*(Circle(time_ms, 0, 0) for time_ms in times_ms))
    return [obj.time_ms for obj in resnap(draft, divisors).hit_objects]


@pytest.mark.parametrize(
    ("times_ms", "divisors", "ticks_ms"),
    [
        ([1005.0, 1115.0, 1255.0, 1385.0], {}, [1000.0, 1125.0, 1250.0, 1375.0]),
        ([1055.0], {}, [1062.0]),  # 1/8, cut to whole milliseconds
        ([1085.0], {1085: 12}, [1083.0]),
        ([1085.0], {1085: 6}, [1083.0]),
        ([1105.0], {1105: 5}, [1100.0]),
        ([1115.0], {1115: 1}, [1125.0]),  # too far to be meant
        ([1115.0, 1120.0], {1115: 4, 1120: 9}, [1111.0, 1125.0]),  # in order where they pass each other
    ],
)
def test_times_go_to_the_predicted_tick_or_else_the_likely_one(times_ms: list, divisors: dict, ticks_ms: list):
    assert starts_of(*times_ms, divisors=divisors) == ticks_ms


def test_triplets_are_recognised_by_the_song():
    times = [1000.0 + TRIPLET_MS * number for number in range(24)]
    quantised = [time_ms // 10 * 10 + 5 for time_ms in times]
    assert starts_of(*quantised) == [float(int(time_ms + 0.001)) for time_ms in times]


def test_objects_on_one_tick_become_one_in_mania_within_a_column():
    draft = draft_of(Circle(1002.0, 0, 0), Spinner(1008.0, 256, 192, end_ms=1995.0))
    (spinner,) = resnap(draft).hit_objects
    assert isinstance(spinner, Spinner)
    assert (spinner.time_ms, spinner.end_ms) == (1000.0, 2000.0)
    notes = [Circle(1002.0, 64, 192), Circle(1005.0, 64, 192), HoldNote(998.0, 192, 192, end_ms=1505.0)]
    draft = draft_of(*notes, mode=GameMode.MANIA, difficulty=Difficulty(circle_size=4.0))
    assert [(obj.time_ms, obj.x) for obj in resnap(draft).hit_objects] == [(1000.0, 192), (1000.0, 64)]


def test_sliders_keep_their_velocity_and_end_on_a_tick():
    lines = (RED, TimingPoint(2005.0, -200.0, uninherited=False))
    draft = draft_of(line_slider(2005.0, (0, 0), (100, 0), length_px=70.0 * 0.99), lines=lines)
    beatmap = resnap(draft)
    (slider,) = beatmap.hit_objects
    assert slider.time_ms == 2000.0
    assert slider.length_px == pytest.approx(70.0)
    assert Timing(beatmap.timing_points).sv_at(2000.0) == 0.5
    assert beatmap.timing_points[1].time_ms == 2000.0


def test_an_object_too_short_is_a_circle_and_a_draft_without_tempo_refused():
    draft = draft_of(line_slider(1000.0, (0, 0), (100, 0), length_px=0.5), lines=(TimingPoint(0.0, 5000.0),))
    (circle,) = resnap(draft).hit_objects
    assert isinstance(circle, Circle)
    with pytest.raises(BeatmapError):
        resnap(draft_of(lines=()))


def test_kiai_goes_to_beats_and_volume_moves_with_its_object():
    kiai = TimingPoint(1015.0, -100.0, volume=100, uninherited=False, effects=EFFECT_KIAI)
    end = TimingPoint(3006.0, -100.0, volume=40, uninherited=False)
    beatmap = resnap(draft_of(Circle(3005.0, 0, 0), lines=(RED, kiai, end)))
    timing = Timing(beatmap.timing_points)
    assert [timing.kiai_at(time_ms) for time_ms in (999.0, 1000.0, 2999.0, 3000.0)] == [False, True, True, False]
    assert [timing.volume_at(time_ms) for time_ms in (3000.0, 3001.0)] == [100, 40]


def test_scroll_speed_changes_of_mania_go_to_the_note_that_they_were_with():
    lines = (RED, TimingPoint(1005.0, -50.0, uninherited=False))
    draft = draft_of(Circle(1005.0, 64, 192), mode=GameMode.MANIA, lines=lines, difficulty=Difficulty(circle_size=4.0))
    beatmap = resnap(draft)
    assert beatmap.hit_objects[0].time_ms == 1000.0
    assert Timing(beatmap.timing_points).sv_at(1000.0) == 2.0


def test_predicted_divisors_are_read_from_groups():
    groups = [
        EventGroup(1005.0, (Event(EventKind.CIRCLE), Event(EventKind.SNAPPING, 4))),
        EventGroup(1005.0, (Event(EventKind.CIRCLE), Event(EventKind.SNAPPING, 12))),
        EventGroup(1015.0, (Event(EventKind.CIRCLE), Event(EventKind.SNAPPING, 0))),
        EventGroup(1025.0, (Event(EventKind.CIRCLE),)),
    ]
    assert predicted_divisors(groups) == {1005: 4}


def test_human_charts_with_coarse_times_come_back(shared_dir):
    """Times in steps of 10 ms with an error of up to 5 ms more: nearly all are where the mapper had them."""
    found = total = 0
    chance = random.Random(1)
    for path in sorted((shared_dir / "data" / "mapsets").rglob("*.osu"))[::60]:
        chart = read_beatmap(path)
        human = [(obj.time_ms, end_of(obj, chart)) for obj in chart.hit_objects]
        for obj in chart.hit_objects:
            shift_ms = chance.uniform(-5, 5)
            coarse_ms = (obj.time_ms + shift_ms) // 10 * 10 + 5
            if isinstance(obj, Spinner | HoldNote):
                obj.end_ms = max(coarse_ms + 10, (obj.end_ms + shift_ms) // 10 * 10 + 5)
            obj.time_ms = coarse_ms
        snapped = {round(obj.time_ms) for obj in resnap(chart).hit_objects}
        total += len(human)
        found += sum(any(round(start_ms) + off in snapped for off in (-1, 0, 1)) for start_ms, _ in human)
    assert found / total > 0.97


def end_of(obj, chart) -> float:
    return end_time_ms(obj, Timing(chart.timing_points), chart.difficulty) if isinstance(obj, Slider) else obj.time_ms
