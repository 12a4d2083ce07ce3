"""A map's own habits: what breaks them surprises, what keeps them does not."""

import pytest

from osu_beatmap.model import Circle, GameMode, HitSound
from pipeline.review.aspects import Aspect
from pipeline.review.habits import Counts, Habit, habits_of
from tests.pipeline.review.review_maps import BEAT_MS, regular_map


def most_surprising(beatmap, aspect):
    scores = habits_of(beatmap)
    return max((obj for of, obj in scores if of is aspect), key=lambda obj: scores[aspect, obj].surprise.bits)


def test_a_score_leaves_its_own_answer_out():
    habits = [Habit(Aspect.COMBO, 0, "a", ()), Habit(Aspect.COMBO, 1, "b", ())]
    score = Counts(habits).score(habits[0])
    assert score.usual == "b"
    assert score.surprise.bits > 1.0


def test_chances_of_all_answers_make_up_no_more_than_one():
    habits = [Habit(Aspect.COMBO, index, index % 3, (("odd", index % 2),)) for index in range(20)]
    counts = Counts(habits)
    chances = [2 ** -counts.score(Habit(Aspect.COMBO, 0, answer, (("odd", 0),))).surprise.bits for answer in range(3)]
    assert 0 < sum(chances) <= 1 + 1e-9


@pytest.mark.parametrize("mode", list(GameMode))
def test_every_object_is_asked_about_its_rhythm(mode):
    beatmap = regular_map(mode)
    scores = habits_of(beatmap)
    assert {obj for aspect, obj in scores if aspect is Aspect.RHYTHM} == set(range(len(beatmap.hit_objects)))


def test_an_object_off_its_beat():
    beatmap = regular_map()
    beatmap.hit_objects[33].time_ms += BEAT_MS / 3
    assert most_surprising(beatmap, Aspect.RHYTHM) == 33


def test_a_missing_object_shows_in_the_next_one():
    beatmap = regular_map()
    del beatmap.hit_objects[33]
    score = habits_of(beatmap)[Aspect.ABSENCE, 33]
    assert score.usual == 48  # a beat in ticks
    assert score.surprise.bits > 4


def test_an_added_object():
    beatmap = regular_map()
    beatmap.hit_objects.insert(34, Circle(beatmap.hit_objects[33].time_ms + BEAT_MS / 2, 250.0, 192.0))
    assert most_surprising(beatmap, Aspect.RHYTHM) == 34


def test_a_new_combo_within_the_bar_a_sound_and_a_place():
    beatmap = regular_map()
    beatmap.hit_objects[34].new_combo = True
    beatmap.hit_objects[41].hitsound = HitSound.WHISTLE
    beatmap.hit_objects[50].x = 490.0
    assert most_surprising(beatmap, Aspect.COMBO) == 34
    assert most_surprising(beatmap, Aspect.ADDITIONS) == 41
    assert most_surprising(beatmap, Aspect.POSITION) == 50


def test_a_note_in_another_column():
    beatmap = regular_map(GameMode.MANIA)
    beatmap.hit_objects[40].x = 448.0
    assert most_surprising(beatmap, Aspect.COLUMN) == 40


def test_colours_of_taiko_notes():
    beatmap = regular_map(GameMode.TAIKO)
    beatmap.hit_objects[40].hitsound = HitSound.CLAP
    assert (Aspect.ADDITIONS, 40) not in habits_of(beatmap)
    assert most_surprising(beatmap, Aspect.COLOUR) in (40, 41, 42)
