"""Findings of the rules as suggestions."""

from modding.report.editor_notation import MapNames
from modding.rule_suggestions import RULE_CATEGORIES, rule_suggestions
from osu_beatmap.rules import RULES
from tests.support.review_maps import regular_map


def test_every_rule_has_a_category():
    names = {rule.__name__ for rules in RULES.values() for rule in rules} | {"unusable_numbers"}
    assert names == set(RULE_CATEGORIES)


def test_many_findings_of_one_cause_are_one_suggestion_and_two_stay_two():
    beatmap = regular_map()
    for obj in beatmap.hit_objects[20:30]:
        obj.time_ms += 9.0
    (said,) = [each for each in rule_suggestions(MapNames(beatmap), None, 3.0) if each.rule == "unsnapped"]
    assert (said.count, len(said.objects), said.documented) == (10, 10, True)
    said.fix.change(beatmap)
    assert [obj.time_ms for obj in beatmap.hit_objects] == [obj.time_ms for obj in regular_map().hit_objects]
    beatmap = regular_map()
    beatmap.hit_objects[20].time_ms += 9.0
    beatmap.hit_objects[60].time_ms += 9.0
    said = [each for each in rule_suggestions(MapNames(beatmap), None, 3.0) if each.rule == "unsnapped"]
    assert [each.count for each in said] == [1, 1]
