"""The options of a program as a form needs them, from the definitions that its command line has.

What an option is and its default come from the YAML that users read, which values it takes from its reader, and for
which modes it is from asking `resolve`. Only what a beginner should see first is said here.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any

from osu_beatmap.attributes import WITH_CIRCLES
from osu_beatmap.model import GameMode
from pipeline.command_line import find_config
from pipeline.config_help import read_help
from pipeline.option_values import Reader, ValueKind, kind_of
from pipeline.options import WHOLE_MAP, PositionOptions, RequestError
from pipeline.resolve import READERS, resolve
from pipeline.review.options import REVIEW_READERS

BASIC = (
    "audio_path", "beatmap_path", "gamemode", "difficulty", "keycount", "descriptors", "title", "artist", "seed",
    "categories", "max_per_category",
)  # fmt: skip
"""Shown without asking, in this order; all else is a click away."""

NOT_IN_FORM = {"review": ("output", "output_file", "raw_output", "apply", "output_path")}
"""Options that say what a page does by other means."""

TAG_OPTIONS = ("descriptors", "negative_descriptors")
PROGRAMS = {"generate": ("inference", READERS), "review": ("mai_mod", REVIEW_READERS)}


@cache
def form_of(program: str) -> list[dict[str, Any]]:
    """Groups of options in the order of the YAML: {key, options: [{name, kind, default, about, ...}]}."""
    config, readers = PROGRAMS[program]
    groups = []
    for group in read_help(find_config(config)):
        options = [
            _option(program, each.name, each.default, each.about, readers[each.name])
            for each in group.options
            if each.name not in NOT_IN_FORM.get(program, ())
        ]
        if options:
            groups.append({"key": group_key(group.heading), "heading": group.heading, "options": options})
    return groups


def group_key(heading: str) -> str:
    """A name for a group from its heading: `Settings (default: ...)` is `settings`."""
    return heading.partition("(")[0].strip().lower().replace(" ", "_")


def _option(program: str, name: str, default: str, about: str, reader: Reader) -> dict[str, Any]:
    kind = kind_of(reader)
    return {
        "name": name,
        "kind": "tags" if name in TAG_OPTIONS else kind.name,
        "default": None if default == "null" else default,
        "low": kind.low,
        "high": kind.high,
        "choices": _choices(name, kind),
        "modes": _modes(name, kind) if program == "generate" else [mode.value for mode in GameMode],
        "basic": BASIC.index(name) if name in BASIC else None,
        "about": about,
    }


def _choices(name: str, kind: ValueKind) -> list[str]:
    """What a choice is made of; of all parts that a map has, only some can be generated."""
    return [part.name for part in WHOLE_MAP] if name == "output_type" else list(kind.choices)


def _modes(name: str, kind: ValueKind) -> list[int]:
    """The modes that have a use for an option."""
    if name in {field.name for field in fields(PositionOptions)}:
        return sorted(mode.value for mode in WITH_CIRCLES)
    if kind.name not in ("number", "whole"):
        return [mode.value for mode in GameMode]
    return [mode.value for mode in GameMode if _is_taken(name, kind.low or 0, mode)]


def _is_taken(name: str, value: float, mode: GameMode) -> bool:
    try:
        resolve({"audio_path": "song.mp3", name: value, "gamemode": mode.value})
    except RequestError as error:
        return "gamemode" not in str(error) and "mania" not in str(error)
    return True
