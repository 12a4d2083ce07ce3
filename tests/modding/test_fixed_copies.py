"""Each fix alone: it changes the lines that it names, and its suggestion is gone in the copy."""

import difflib
from collections import Counter

import pytest

from modding.aspects import Aspect
from modding.fixes import apply_fixes
from modding.habits.habits import habits_of
from modding.observation.line_fit import line_fits, observe_lines
from modding.observation.observation import HabitJudge, Observation
from modding.suggestion_builder import suggestions_of
from modding.suggestions import Source, Suggestion
from modding.thresholds import ThresholdTable
from osu_beatmap.beatmap import Beatmap, GameMode, HitSound, TimingPoint
from osu_beatmap.files.reader import decode_osu_bytes, parse_beatmap
from osu_beatmap.files.writer import write_beatmap
from osu_beatmap.line_edits import rewrite
from tests.support.review_maps import regular_map

ADDITIONS = HitSound.WHISTLE | HitSound.FINISH | HitSound.CLAP
FEWEST_FIXES = {GameMode.STANDARD: 6, GameMode.TAIKO: 4, GameMode.CATCH: 5, GameMode.MANIA: 5}


def faulty(mode: GameMode) -> bytes:
    """A map with faults of many kinds, written with blanks that our own writer does not have."""
    beatmap = regular_map(mode)
    objects = beatmap.hit_objects
    objects[5].time_ms += 11.0
    objects[41].hitsound = HitSound.NONE
    objects[60].new_combo, objects[61].new_combo = False, True
    objects[70].x = objects[71].x if mode is GameMode.MANIA else objects[70].x
    beatmap.timing_points[0].volume = 2
    beatmap.timing_points += [TimingPoint(9000.0, -100.0, uninherited=False) for _ in range(2)]
    beatmap.timing_points += [
        TimingPoint(ms, -100.0, uninherited=False, effects=int(ms < 20_000)) for ms in (13_800.0, 20_200.0)
    ]
    beatmap.preview_time_ms = -1.0
    return write_beatmap(beatmap).replace("Mode: ", "Mode:").replace(",192,", ",192.0,").encode("utf-8")


def observe(beatmap: Beatmap) -> list[Observation]:
    """What red lines and habits say, without a model."""
    judge = HabitJudge(beatmap, habits_of(beatmap))
    observed = list(observe_lines(line_fits(beatmap)))
    for index, obj in enumerate(beatmap.hit_objects):
        observed += judge.by_habit(Aspect.ADDITIONS, index, int(obj.hitsound) & ADDITIONS)
        observed += judge.by_habit(Aspect.COMBO, index, bool(obj.new_combo))
        if beatmap.mode is GameMode.MANIA:
            observed += judge.by_habit(Aspect.COLUMN, index, int(obj.x // 128))
    return observed


def review(beatmap: Beatmap) -> list[Suggestion]:
    return suggestions_of(beatmap, observe(beatmap), ThresholdTable(), 60_000.0, 3.0)


def kinds(suggestions: list[Suggestion]) -> Counter:
    return Counter((each.category, each.rule) for each in suggestions)


@pytest.mark.parametrize("mode", list(GameMode))
def test_each_fix_alone_changes_what_it_names_and_nothing_else(mode):
    data = faulty(mode)
    beatmap = parse_beatmap(decode_osu_bytes(data))
    before = review(beatmap)
    fixable = [each for each in before if each.fix is not None]
    assert len(fixable) >= FEWEST_FIXES[mode], [each.id for each in before]
    for suggestion in fixable:
        written = rewrite(data, apply_fixes(beatmap, [suggestion.fix]))
        changes = list(difflib.ndiff(*(text.decode().splitlines() for text in (data, written))))
        count = sum(line[0] in "+-" for line in changes)
        assert 0 < count <= 2 * suggestion.count + 1, (suggestion.id, suggestion.fix.text, changes)
        after = review(parse_beatmap(decode_osu_bytes(written)))
        is_gone = not any(
            (each.message, each.time_ms, each.source) == (suggestion.message, suggestion.time_ms, suggestion.source)
            for each in after
        )
        assert is_gone, suggestion
        if suggestion.source is Source.RULE:
            assert (
                kinds(after)[suggestion.category, suggestion.rule] < kinds(before)[suggestion.category, suggestion.rule]
            )
