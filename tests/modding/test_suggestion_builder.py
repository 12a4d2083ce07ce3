"""Observations become suggestions: rare ones are listed, consequences are not, words and fixes fit."""

from itertools import product

import pytest

from modding.aspects import CATEGORY_OF, Aspect, Category
from modding.fixes import apply_fixes
from modding.observation.audio_timing import Stretch
from modding.observation.observation import Observation
from modding.suggestion_builder import suggestions_of
from modding.suggestions import Severity, Source
from modding.thresholds import ThresholdTable
from osu_beatmap.beatmap import Break, GameMode, HitSound
from osuT5.generation.token_scores import Surprisal
from osuT5.tokens.events import EventKind
from tests.support.review_maps import BEAT_MS, regular_map, slider

TABLE = ThresholdTable(dict.fromkeys(product(GameMode, Aspect), ((2.0, 1.0), (4.0, 0.1), (8.0, 0.01))))
BEATMAP = regular_map()


def observed(aspect, obj, relative, actual=None, expected=None, **more) -> Observation:
    time_ms = BEATMAP.hit_objects[obj].time_ms
    return Observation(aspect, time_ms, Surprisal(relative, 1.0), obj, actual, expected, **more)


def rhythm(obj, relative, expected_beats=-0.5) -> Observation:
    time_ms = BEATMAP.hit_objects[obj].time_ms
    return observed(Aspect.RHYTHM, obj, relative, time_ms, time_ms + expected_beats * BEAT_MS)


def opinions(*observations, beatmap=BEATMAP, **options):
    said = suggestions_of(beatmap, observations, TABLE, **options)
    return [each for each in said if each.source is Source.SURPRISAL]


def test_common_surprises_are_not_listed_and_rare_ones_have_a_category_and_severity():
    assert set(CATEGORY_OF) == set(Aspect)
    said = opinions(rhythm(10, 3.0), rhythm(20, 6.0), rhythm(30, 9.0))
    assert [(each.objects, each.severity) for each in said] == [((20,), Severity.POSSIBLE), ((30,), Severity.LIKELY)]
    assert opinions(rhythm(10, 3.0), min_surprisal=2.5)[0].severity is Severity.POSSIBLE
    assert said[0].per_minute == pytest.approx(0.1 * 10**-0.5)


def test_an_object_at_a_wrong_time_is_one_suggestion_with_its_fix():
    said = opinions(
        rhythm(20, 9.0),
        rhythm(21, 5.0),
        observed(Aspect.ABSENCE, 20, 6.0, None, BEATMAP.hit_objects[20].time_ms - 200.0),
        observed(Aspect.POSITION, 20, 8.0, (200.0, 192.0), (90.0, 50.0)),
    )
    assert len(said) == 1
    assert said[0].message == "Expected the circle 1/2 of a beat earlier, at 00:08:800."
    assert said[0].stamp == "00:09:000 (1)"
    assert said[0].link == "osu://edit/00:09:000%20(1)"
    assert apply_fixes(BEATMAP, [said[0].fix]).hit_objects[20].time_ms == 8800.0


def test_an_object_where_the_next_one_was_expected_is_one_too_many():
    said = opinions(rhythm(20, 9.0, expected_beats=1.0))
    assert said[0].message == "Expected nothing, found a circle."
    assert len(apply_fixes(BEATMAP, [said[0].fix]).hit_objects) == len(BEATMAP.hit_objects) - 1


def test_something_missing_is_told_at_its_own_time_but_not_in_pauses():
    missing = observed(Aspect.ABSENCE, 20, 9.0, None, BEATMAP.hit_objects[20].time_ms - 198.0)
    said = opinions(missing)
    assert (said[0].time_ms, said[0].subject) == (8800.0, "gap")
    assert "00:08:800 (1/2)" in said[0].message
    paused = regular_map()
    paused.breaks = [Break(8_650.0, 8_990.0)]
    assert not opinions(missing, beatmap=paused)
    assert not opinions(observed(Aspect.ABSENCE, 0, 9.0, None, 500.0))
    # A time that is no tick cannot be where a mapper left something out.
    assert not opinions(observed(Aspect.ABSENCE, 20, 9.0, None, BEATMAP.hit_objects[20].time_ms - 225.0))


def test_moved_combos_and_objects_under_one_line_are_one_suggestion():
    said = opinions(observed(Aspect.COMBO, 21, 9.0, True, False), observed(Aspect.COMBO, 20, 7.0, False, True))
    assert [each.message for each in said] == ["Expected no new combo."]
    banks = [observed(Aspect.BANK, obj, 9.0 - obj / 100, (1, 1), (2, 2)) for obj in range(20, 26)]
    said = opinions(*banks, observed(Aspect.BANK, 60, 9.0, (1, 1), (2, 2)))
    assert sorted(each.count for each in said) == [1, 6]
    assert "6 objects up to 00:11:000" in next(each.message for each in said if each.count == 6)


def test_scroll_speeds_that_change_again_and_again_are_one_suggestion():
    taiko = regular_map(GameMode.TAIKO)
    changes = [observed(Aspect.SCROLL, obj, 9.0 + obj % 2, 0.5 + obj / 100, 1.0) for obj in range(20, 26)]
    lines = [Observation(Aspect.SCROLL, each.time_ms, each.surprise, None, each.actual, 1.0) for each in changes]
    said = opinions(*changes, *lines, observed(Aspect.SCROLL, 60, 9.0, 2.0, 1.0), beatmap=taiko)
    assert sorted(each.count for each in said) == [1, 6]
    passage = next(each for each in said if each.count == 6)
    assert passage.message.endswith("6 such changes from 00:09:000 to 00:11:000.")
    assert passage.fix is None
    assert next(each for each in said if each.count == 1).fix is not None


def test_habits_are_named_where_they_speak():
    said = opinions(observed(Aspect.ADDITIONS, 20, 9.0, 0, int(HitSound.CLAP), habit_bits=8.0))
    assert said[0].message == "Expected clap, found no addition, unlike the rest of this map."
    assert apply_fixes(BEATMAP, [said[0].fix]).hit_objects[20].hitsound == HitSound.CLAP


def stretch(start_ms, end_ms, offset_ms, drift=0.0) -> Observation:
    told = Stretch(BEATMAP.timing_points[0], (-float("inf"), float("inf")), start_ms, end_ms, offset_ms, drift)
    return Observation(Aspect.OFFSET, start_ms, told.surprise, None, told)


def test_stretches_that_are_off_alike_are_one_offset_and_a_drift_tells_the_tempo():
    last_ms = BEATMAP.hit_objects[-1].time_ms
    said = opinions(stretch(1000.0, 16_800.0, 19.0), stretch(16_800.0, last_ms, 21.0))
    assert [each.message for each in said] == [
        "Red line and objects up to 00:32:600 are about 20 ms early relative to the music."
    ]
    mended = apply_fixes(BEATMAP, [said[0].fix])
    assert (mended.timing_points[0].time_ms, mended.hit_objects[0].time_ms) == (1020.0, 1020.0)
    assert opinions(stretch(1000.0, 16_800.0, 30.0))[0].fix is None
    said = opinions(stretch(1000.0, 32_600.0, 0.0, drift=0.005))
    assert said[0].expected == "149.25 BPM"


@pytest.mark.parametrize(
    ("observation", "words"),
    [
        (
            observed(Aspect.KIND, 20, 9.0, EventKind.HITSOUND, EventKind.SCROLL_SPEED),
            "Expected a slider, found a",
        ),
        (
            observed(Aspect.POSITION, 20, 9.0, (200.0, 192.0), (290.0, 192.0)),
            "Expected about 10 px from",
        ),
        (observed(Aspect.BANK, 20, 9.0, (1, 1), (2, 3)), "Expected sample set soft with drum additions"),
        (observed(Aspect.VOLUME, 20, 9.0, 30, 70), "Expected volume 70 %, found 30 %."),
        (observed(Aspect.VELOCITY, 20, 9.0, 2.0, 1.0), "Expected slider velocity 1.00x, found 2.00x."),
        (observed(Aspect.LENGTH, 30, 9.0, 13_400.0, 13_600.0), "Expected a longer"),
        (observed(Aspect.REPEATS, 30, 9.0, False, True), "more repeats"),
        (observed(Aspect.ANCHORS, 30, 9.0, EventKind.TIME, EventKind.POSITION), "more anchors"),
        (observed(Aspect.SHAPE, 30, 9.0, None, (10.0, 20.0)), "about 10,20"),
    ],
)
def test_what_is_said_of_circles_and_of_a_slider(observation, words):
    beatmap = regular_map()
    beatmap.hit_objects[30] = slider(13_000.0, slides=2)
    assert words in opinions(observation, beatmap=beatmap)[0].message


def test_notes_of_taiko_and_mania():
    taiko, mania = regular_map(GameMode.TAIKO), regular_map(GameMode.MANIA)
    colour = observed(Aspect.COLOUR, 20, 9.0, 0, int(HitSound.CLAP | HitSound.FINISH))
    assert "Expected a big kat, found a don." in opinions(colour, beatmap=taiko)[0].message
    said = opinions(observed(Aspect.COLUMN, 21, 9.0, 1, 2), beatmap=mania)[0]
    assert said.stamp == "00:09:400 (9400|1)"
    assert apply_fixes(mania, [said.fix]).hit_objects[21].x == 320.0


def test_rules_come_along_and_silence_what_they_say_already():
    beatmap = regular_map()
    beatmap.hit_objects[20].time_ms += 7.0
    said = suggestions_of(beatmap, [rhythm(20, 9.0)], TABLE)
    assert [each.rule for each in said if each.category is Category.TIMING] == ["unsnapped"]
    assert not [each for each in said if each.source is Source.SURPRISAL]
    snapped = apply_fixes(beatmap, [next(each.fix for each in said if each.rule == "unsnapped")])
    assert snapped.hit_objects[20].time_ms == 9000.0


def test_ids_are_distinct_and_the_same_again():
    given = [rhythm(20, 9.0), observed(Aspect.COMBO, 40, 9.0, True, False)]
    ids = [[each.id for each in suggestions_of(BEATMAP, given, TABLE)] for _ in range(2)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(ids[0])
    assert "rhythm-9000" in ids[0]


def test_what_a_map_does_all_the_time_is_its_style():
    columns = [observed(Aspect.COMBO, obj, 9.0 + obj / 100, False, False) for obj in range(4, 76, 6)]
    said = opinions(*columns)
    assert [each.objects for each in said] == [(58,), (64,), (70,)]  # the most surprising ones
    assert len(opinions(*columns, min_surprisal=5.0)) == len(columns)
