"""A map's own habits: what breaks them surprises, what keeps them does not."""

import numpy as np
import pytest

from modding.aspects import Aspect
from modding.habits.choices import Choices, Question, ViewedQuestion, counted, weigh
from modding.habits.column_network import ColumnConfig
from modding.habits.habits import choices_of, habits_of
from modding.habits.places import MapPlaces
from modding.habits.weights import COLUMN_WEIGHTS, WEIGHTS
from osu_beatmap.beatmap import Circle, GameMode, HitSound, TimingPoint
from tests.support.review_maps import BEAT_MS, regular_map


def most_surprising(beatmap, aspect):
    scores = habits_of(beatmap)
    return max((obj for of, obj in scores if of is aspect), key=lambda obj: scores[aspect, obj].surprise.bits)


def question(answer, obj=0):
    return Question(obj, ("a", "b", "c"), "abc".index(answer))


def test_a_score_leaves_its_own_answer_out_and_chances_make_up_one():
    questions = [question("a"), question("b", 1)]
    seen = [ViewedQuestion((), each.candidates) for each in questions]
    first, _ = weigh(Choices(Aspect.COMBO, questions, {"all": counted(questions, seen)}), {"all": 1.0})
    assert first.usual == "b"
    assert first.surprise.bits > 1.0
    questions = [question("ab"[number % 2], number) for number in range(20)]
    seen = [ViewedQuestion((("odd", number % 2),), each.candidates) for number, each in enumerate(questions)]
    view = counted(questions, seen)
    assert [np.exp(chances).sum() for chances in view] == pytest.approx([1.0] * 20)
    assert np.exp(view[4])[0] > 0.8


def test_candidates_of_one_class_share_its_chance_and_views_without_weight_do_not_count():
    questions = [question("a", number) for number in range(4)]
    seen = [ViewedQuestion((), ("left", "left", "right")) for _ in questions]
    view = counted(questions, seen)
    assert view[0][0] == pytest.approx(view[0][1])
    assert view[0][0] > view[0][2]
    choices = Choices(Aspect.COMBO, questions, {"used": view, "other": [each[::-1] for each in view]})
    assert weigh(choices, {"used": 1.0})[0].surprise.bits == pytest.approx(-view[0][0] / np.log(2))


@pytest.mark.parametrize("mode", list(GameMode))
def test_every_object_is_asked_about_its_rhythm(mode):
    beatmap = regular_map(mode)
    scores = habits_of(beatmap)
    assert {obj for aspect, obj in scores if aspect is Aspect.RHYTHM} == set(range(len(beatmap.hit_objects)))


def test_a_missing_object_shows_in_the_next_one_and_an_added_one_in_itself():
    beatmap = regular_map()
    del beatmap.hit_objects[33]
    score = habits_of(beatmap)[Aspect.ABSENCE, 33]
    assert score.usual == 48  # a beat in ticks
    assert score.surprise.bits > 4
    beatmap = regular_map()
    beatmap.hit_objects.insert(34, Circle(beatmap.hit_objects[33].time_ms + BEAT_MS / 2, 250.0, 192.0))
    assert most_surprising(beatmap, Aspect.RHYTHM) == 34


def test_a_new_combo_within_the_bar_a_sound_a_place_and_a_time():
    beatmap = regular_map()
    beatmap.hit_objects[34].new_combo = True
    beatmap.hit_objects[41].hitsound = HitSound.WHISTLE
    beatmap.hit_objects[50].x = 490.0
    beatmap.hit_objects[60].time_ms += BEAT_MS / 3
    assert most_surprising(beatmap, Aspect.RHYTHM) == 60
    assert most_surprising(beatmap, Aspect.COMBO) == 34
    assert most_surprising(beatmap, Aspect.ADDITIONS) == 41
    assert most_surprising(beatmap, Aspect.POSITION) == 50


def test_a_passage_that_comes_again_in_another_column_or_without_its_sound():
    """Columns and sounds without any rule, but the second half repeats the first."""
    rng = np.random.default_rng(5)
    beatmap = regular_map(GameMode.MANIA, beats=64)
    columns, sounds = rng.integers(4, size=32), rng.choice([HitSound.NONE, HitSound.CLAP], size=32)
    for number, note in enumerate(beatmap.hit_objects):
        note.x, note.hitsound = 64.0 + 128.0 * columns[number % 32], HitSound(sounds[number % 32])
    clean = habits_of(beatmap)
    note = beatmap.hit_objects[45]
    note.x, note.hitsound = (note.x + 256.0) % 512.0, HitSound.FINISH
    broken = habits_of(beatmap)
    for aspect in (Aspect.COLUMN, Aspect.ADDITIONS):
        assert broken[aspect, 45].surprise.relative > 2 * clean[aspect, 45].surprise.relative
    assert broken[Aspect.COLUMN, 45].usual == columns[13]


def test_only_real_views_have_weights():
    names = {aspect: set() for aspect in WEIGHTS}
    for mode in GameMode:
        for choices in choices_of(MapPlaces(regular_map(mode))):
            names.get(choices.aspect, set()).update(choices.views)
    assert all(set(weights) <= names[aspect] for aspect, weights in WEIGHTS.items())
    assert all(set(weights) <= names[Aspect.COLUMN] for weights in COLUMN_WEIGHTS.values())
    assert set(COLUMN_WEIGHTS) == set(ColumnConfig().key_counts)


def test_ticks_go_on_through_red_lines_and_taiko_notes_have_colours():
    beatmap = regular_map(beats=20)
    beatmap.timing_points.append(TimingPoint(4_200.0, BEAT_MS, meter=3))
    places = MapPlaces(beatmap)
    assert [place.bar_phase // 48 for place in places][:12] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 0]
    assert [place.tick // 48 for place in places] == list(range(20))
    beatmap.timing_points[1] = TimingPoint(4_600.0, BEAT_MS, meter=3)
    assert MapPlaces(beatmap).line.starts == [0, 12 * 48]  # a bar cut short counts as a whole one
    beatmap = regular_map(GameMode.TAIKO)
    beatmap.hit_objects[40].hitsound = HitSound.CLAP
    assert (Aspect.ADDITIONS, 40) not in habits_of(beatmap)
    assert most_surprising(beatmap, Aspect.COLOUR) in (40, 41, 42)


@pytest.mark.parametrize("mode", GameMode)
def test_a_map_of_one_object_has_no_habits_that_fail(mode):
    beatmap = regular_map(mode)
    beatmap.hit_objects = beatmap.hit_objects[:1]
    assert {obj for _, obj in habits_of(beatmap)} <= {0}
