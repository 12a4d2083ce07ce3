"""The table of user tags."""

from osu_beatmap.user_tags import is_user_tag, user_tag_spellings


def test_tags_are_named_with_their_group_or_without() -> None:
    assert all(is_user_tag(name) for name in ("skillset/jumps", "jumps", "Style/LN release", "ln RELEASE"))
    assert not is_user_tag("jmps")
    assert "style/n+1" in user_tag_spellings()
