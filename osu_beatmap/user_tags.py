"""User tags of osu!: players' descriptions of a beatmap, `group/name`.

They come from a table with its source.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from osu_beatmap.beatmap import GameMode
from paths import DATASET_DIR

USER_TAGS_FILE = DATASET_DIR / "user_tags.tsv"


@dataclass(frozen=True, slots=True)
class UserTag:
    """A tag, its modes, and its meaning in a few words.

    The modes are those that use it in this meaning.
    """

    group: str
    name: str
    modes: frozenset[GameMode]
    description: str

    @property
    def full_name(self) -> str:
        return f"{self.group}/{self.name}"


@cache
def user_tags() -> tuple[UserTag, ...]:
    """Return all tags.

    A tag with different meanings in different modes occurs once for each.
    """
    lines = USER_TAGS_FILE.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")][1:]
    return tuple(
        UserTag(group, name, frozenset(GameMode(int(mode)) for mode in modes), description)
        for group, name, modes, description in rows
    )


def is_user_tag(text: str) -> bool:
    """Return whether a text names a tag, in any case.

    The group is optional.
    """
    return text.casefold() in user_tag_spellings()


@cache
def user_tag_spellings() -> tuple[str, ...]:
    """Return all spellings of tags in lower case, with and without group."""
    names = (spelling.casefold() for tag in user_tags() for spelling in (tag.full_name, tag.name))
    return tuple(dict.fromkeys(names))
