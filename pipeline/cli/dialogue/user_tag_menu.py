"""Menu of map styles: groups of user tags, and their tags.

Arrows move, Enter opens a group and comes back, space ticks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import questionary
from questionary import Choice

from osu_beatmap.beatmap import GameMode
from osu_beatmap.user_tags import UserTag, user_tags
from pipeline.cli.dialogue.terminal import LOOK, answer, choose, tick
from pipeline.request.option_values import items

DONE, BY_NAME = "done", "by name"


def ask_user_tags(
    message: str, chosen: Sequence[str], mode: GameMode | None, known: Collection[str] | None = None
) -> list[str]:
    """Ask for descriptors among the tags of a mode.

    Returns full names; other earlier choices stay.

    Args:
        message: The question.
        chosen: Descriptors so far.
        mode: Mode of the map; None if it is not known.
        known: Names of the tags that the model knows; None for all.
    """
    groups = tags_by_group(mode, known)
    names = full_names(chosen, groups)
    place: object = DONE
    while (place := choose(message, _group_choices(groups, names), place)) != DONE:
        if place == BY_NAME:
            typed = answer(questionary.text("names, with commas between", style=LOOK))
            names = full_names([*names, *items(message, typed)], groups)
        else:
            names = _with_ticks(names, groups[str(place)], tick(str(place), _tag_choices(groups[str(place)], names)))
    return names


def tags_by_group(mode: GameMode | None, known: Collection[str] | None = None) -> dict[str, list[UserTag]]:
    """Return the tags of a mode that a model has.

    If the mode is unknown, they are those of all modes, each once.
    """
    groups: dict[str, dict[str, UserTag]] = {}
    for tag in user_tags():
        if (mode is None or mode in tag.modes) and (known is None or tag.name in known):
            groups.setdefault(tag.group, {}).setdefault(tag.name, tag)
    return {group: list(tags.values()) for group, tags in groups.items()}


def full_names(names: Sequence[str], groups: dict[str, list[UserTag]]) -> list[str]:
    """Return names with their groups, each once.

    A name outside these groups stays.
    """
    known = {spelt.casefold(): tag.full_name for tags in groups.values() for tag in tags for spelt in _spellings(tag)}
    return list(dict.fromkeys(known.get(name.casefold(), name) for name in names))


def _spellings(tag: UserTag) -> tuple[str, str]:
    return tag.name, tag.full_name


def _with_ticks(names: Sequence[str], tags: Sequence[UserTag], ticked: Sequence[str]) -> list[str]:
    """Return names after the ticks of one group.

    Names of the group are kept or removed; all others stay.
    """
    own = {tag.full_name for tag in tags}
    kept = [name for name in names if name not in own or name in ticked]
    return list(dict.fromkeys((*kept, *ticked)))


def _group_choices(groups: dict[str, list[UserTag]], names: Sequence[str]) -> list[Choice]:
    width = max(map(len, groups))
    done = "Done: " + (", ".join(names) if names else "none")
    choices = [Choice(done, DONE)]
    for group, tags in groups.items():
        ticked = [tag.name for tag in tags if tag.full_name in names]
        shown = f"{len(ticked)} of {len(tags)}: {', '.join(ticked)}" if ticked else f"{len(tags)}"
        choices.append(Choice(f"{group:<{width}}  {shown}", group))
    return [*choices, Choice("others, by name", BY_NAME)]


def _tag_choices(tags: Sequence[UserTag], names: Sequence[str]) -> list[Choice]:
    width = max(len(tag.name) for tag in tags)
    return [
        Choice(f"{tag.name:<{width}}  {tag.description}", tag.full_name, checked=tag.full_name in names) for tag in tags
    ]
