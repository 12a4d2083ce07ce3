"""The table of user tags."""

from osu_beatmap.beatmap import GameMode
from osu_beatmap.user_tags import is_user_tag, user_tag_spellings, user_tags


def test_every_tag_is_described_and_has_one_meaning_in_each_mode() -> None:
    assert all(tag.group and tag.name and len(tag.description) > 5 for tag in user_tags())
    meanings = [(tag.full_name, mode) for tag in user_tags() for mode in tag.modes]
    assert len(meanings) == len(set(meanings)) > 150
    assert {mode for _, mode in meanings} == set(GameMode)


def test_tags_are_named_with_their_group_or_without() -> None:
    assert all(is_user_tag(name) for name in ("skillset/jumps", "jumps", "Style/LN release", "ln RELEASE"))
    assert not is_user_tag("jmps")
    assert "style/n+1" in user_tag_spellings()
