"""The user tags of osu!: what players say a beatmap is like, `group/name`, from a table with its source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from osu_beatmap.beatmap import GameMode
from paths import DATASET_DIR

USER_TAGS_FILE = DATASET_DIR / "user_tags.tsv"


@dataclass(frozen=True, slots=True)
class UserTag:
    """A tag, the modes that have it in this meaning, and what it means in a few words."""

    group: str
    name: str
    modes: frozenset[GameMode]
    description: str

    @property
    def full_name(self) -> str:
        return f"{self.group}/{self.name}"


@cache
def user_tags() -> tuple[UserTag, ...]:
    """All tags; one that means another thing in another mode is there once for each."""
    lines = USER_TAGS_FILE.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")][1:]
    return tuple(
        UserTag(group, name, frozenset(GameMode(int(mode)) for mode in modes), description)
        for group, name, modes, description in rows
    )


def is_user_tag(text: str) -> bool:
    """Whether a text names a tag, with its group or without, in any case."""
    return text.casefold() in user_tag_spellings()


@cache
def user_tag_spellings() -> tuple[str, ...]:
    """All ways to name a tag, in lower case: with its group and without."""
    names = (spelling.casefold() for tag in user_tags() for spelling in (tag.full_name, tag.name))
    return tuple(dict.fromkeys(names))
