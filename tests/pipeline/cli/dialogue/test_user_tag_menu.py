"""The menu of styles: the tags of a mode in their groups, and what ticks change."""

from __future__ import annotations

import pytest

from osu_beatmap.beatmap import GameMode
from osu_beatmap.user_tags import user_tags
from pipeline.cli.dialogue import user_tag_menu
from pipeline.cli.dialogue.user_tag_menu import BY_NAME, DONE, ask_user_tags, full_names, tags_by_group


def test_groups_hold_the_tags_of_a_mode() -> None:
    groups = tags_by_group(GameMode.MANIA)
    assert "jumps" not in groups
    assert {tag.name for tag in groups["skillset"]} >= {"wristjack", "streams"}
    shown = [tag for tags in tags_by_group(None).values() for tag in tags]
    assert {tag.full_name for tag in shown} == {tag.full_name for tag in user_tags()}
    assert len(shown) == len({tag.full_name for tag in shown})


def test_names_get_their_groups() -> None:
    groups = tags_by_group(GameMode.STANDARD)
    assert full_names(["Wide", "jumps/wide", "own tag"], groups) == ["jumps/wide", "own tag"]


def test_ticks_of_one_group_leave_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    places = iter(["jumps", "skillset", BY_NAME, "jumps", DONE])
    ticks = iter([["jumps/wide", "jumps/sharp"], ["skillset/tech"], ["jumps/sharp"]])
    monkeypatch.setattr(user_tag_menu, "choose", lambda *_: next(places))
    monkeypatch.setattr(user_tag_menu, "tick", lambda *_: next(ticks))
    monkeypatch.setattr(user_tag_menu, "answer", lambda _: "own tag, doubles")
    chosen = ask_user_tags("descriptors", ["jumps/linear"], GameMode.STANDARD)
    assert chosen == ["jumps/sharp", "skillset/tech", "own tag", "streams/doubles"]
