"""Options of a program for a form, from its command-line definitions.

This module only adds which of them a beginner should see first.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from modding.options import REVIEW_READERS
from osu_beatmap.beatmap import GameMode
from paths import CONFIG_DIR
from pipeline.cli.config_help import OptionHelp, read_help
from pipeline.request.levels import levels_of
from pipeline.request.option_groups import Option, all_options, kind_of, option_groups
from pipeline.request.option_uses import Use, is_of_use
from pipeline.request.option_values import Members, Number, OneOf, Reader

PROGRAMS = ("generate", "review")
BASIC = (
    "audio_path", "beatmap_path", "gamemode", "difficulty", "keycount", "descriptors", "categories", "max_per_category",
)  # fmt: skip
"""Shown without asking, in this order; all else is a click away. Title and artist join them if the song has none."""

NOT_FOR_REVIEWS = ("output", "output_file", "raw_output", "apply", "output_path")
"""Options that say what the page does by other means."""

NOT_FOR_MAPS = ("server",)
"""The page has a worker of its own."""


_LEVELS = {str(mode.value): [{"name": name, "stars": stars} for name, stars in levels_of(mode)] for mode in GameMode}
"""Mode -> its levels, by which beginners choose a star rating."""


@cache
def form_of(program: str) -> list[dict[str, Any]]:
    """Return the groups of options in the order of the YAML.

    A group is {key, heading, options: [{name, kind, default, about, ...}]}.
    """
    groups = _map_groups() if program == "generate" else _review_groups()
    return [
        {"key": group_key(heading), "heading": heading, "options": [_describe_option(option) for option in options]}
        for heading, options in groups.items()
    ]


def group_key(heading: str) -> str:
    """Return a name for a group from its heading.

    `Settings (default: ...)` is `settings`.
    """
    return heading.partition("(")[0].strip().lower().replace(" ", "_")


def find_unused_options(options: dict[str, Any], mode: GameMode) -> list[str]:
    """Return options without a use, given the others."""
    defaults = {name: option.default for name, option in all_options().items()}
    values = {**defaults, **{name: value for name, value in options.items() if name in defaults}}
    return [name for name in defaults if not is_of_use(name, values, defaults, mode)]


def _map_groups() -> dict[str, list[Option]]:
    groups = option_groups()
    return {heading: [each for each in own if each.name not in NOT_FOR_MAPS] for heading, own in groups.items()}


def _review_groups() -> dict[str, list[Option]]:
    groups: dict[str, list[Option]] = {}
    for shown in read_help(CONFIG_DIR / "mai_mod.yaml"):
        if shown.name not in NOT_FOR_REVIEWS:
            groups.setdefault(shown.group, []).append(_review_option(shown))
    return groups


def _review_option(shown: OptionHelp) -> Option:
    reader = REVIEW_READERS[shown.name]
    limits = (reader.low, reader.high) if isinstance(reader, Number) else None
    default = None if shown.default == "null" else shown.default
    kind = kind_of(shown.name, reader)
    return Option(shown.name, shown.group, shown.about, default, kind, _choices(reader), limits, Use())


def _choices(reader: Reader) -> dict[str, str]:
    words = [reader.spelt(name) for name in reader.kind.__members__] if isinstance(reader, Members) else []
    words += reader.allowed if isinstance(reader, OneOf) else ()
    return dict.fromkeys(words, "")


def _describe_option(option: Option) -> dict[str, Any]:
    low, high = option.limits or (None, None)
    return {
        "name": option.name,
        "kind": option.kind.value,
        "default": _plain(option.default),
        "low": low,
        "high": high,
        "choices": list(option.choices),
        "modes": sorted(mode.value for mode in option.use.modes),
        "basic": BASIC.index(option.name) if option.name in BASIC else None,
        "about": option.about,
        "levels": _LEVELS if option.name == "difficulty" else None,
    }


def _plain(default: object) -> object:
    """Return a default as a form shows it."""
    if isinstance(default, bool):
        return str(default).lower()
    return default if default is None or isinstance(default, list) else str(default)
