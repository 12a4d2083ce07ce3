"""Options of a generation as shown by a form or dialogue.

They are in groups, the basic ones first, each with its kind. Order, groups, explanations and defaults are those of
`configs/inference.yaml`, limits and choices those of the readers in `pipeline.request.resolve`. Imports nothing heavy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache

from osu_beatmap.beatmap import GameMode
from osuT5.tokens.events import ContextKind
from paths import CONFIG_DIR
from pipeline.cli.config_help import OptionHelp, read_help
from pipeline.output.summary import MODE_NAMES
from pipeline.request.inference_options import READERS
from pipeline.request.option_uses import Use, use_of
from pipeline.request.option_values import Members, Number, OneOf, Reader, WholeNumber, path, yes_or_no
from pipeline.request.options import WHOLE_MAP

BASIC = (
    "audio_path",
    "beatmap_path",
    "gamemode",
    "keycount",
    "difficulty",
    "spread",
    "descriptors",
    "in_context",
    "output_path",
)
"""What nearly everybody wants to choose, in the order in which it is asked."""


class Kind(Enum):
    """Kind of a value, which determines its form field."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"
    USER_TAGS = "user_tags"
    NUMBER = "number"
    WHOLE_NUMBER = "whole_number"
    FILE = "file"
    FOLDER = "folder"
    MODEL = "model"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    default  as YAML reads it; None: something else decides, and `about` says what
    choices  value -> what to show; for CHOICE and CHOICES
    limits   lowest and highest value; for NUMBER and WHOLE_NUMBER, the highest None where there is none
    """

    name: str
    group: str
    about: str
    default: object
    kind: Kind
    choices: dict[str, str]
    limits: tuple[float, float | None] | None
    use: Use

    @property
    def is_basic(self) -> bool:
        return self.name in BASIC


_SPOKEN_OF = r"(^|\band |\bbut |\()NAME\b|\bNAME="
_SPECIAL_KINDS = {
    "gamemode": Kind.CHOICE,
    "descriptors": Kind.USER_TAGS,
    "negative_descriptors": Kind.USER_TAGS,
    "output_path": Kind.FOLDER,
    "model_path": Kind.MODEL,
    "lora_path": Kind.MODEL,
    "diff_ckpt": Kind.MODEL,
}
_KINDS_OF_READERS = {OneOf: Kind.CHOICE, Members: Kind.CHOICES, Number: Kind.NUMBER, WholeNumber: Kind.WHOLE_NUMBER}
_KINDS_OF_FUNCTIONS = {yes_or_no: Kind.YES_NO, path: Kind.FILE}


@cache
def all_options() -> dict[str, Option]:
    """Return every option by name, in the order of the YAML."""
    return {shown.name: _option(shown) for shown in read_help(CONFIG_DIR / "inference.yaml")}


def option_groups() -> dict[str, list[Option]]:
    """Return the options of each heading, including basic ones."""
    groups: dict[str, list[Option]] = {}
    for option in all_options().values():
        groups.setdefault(option.group, []).append(option)
    return groups


def options_named(sentence: str) -> list[str]:
    """Return the options that a sentence for the user is about.

    Basic ones come first. Names such as `title` are ordinary words: they count only if the sentence is about the
    option.
    """
    named = [
        name
        for name in READERS
        if re.search(rf"\b{name}\b" if "_" in name else _SPOKEN_OF.replace("NAME", name), sentence)
    ]
    order = list(dict.fromkeys((*BASIC, *all_options())))
    return sorted(named, key=order.index)


def kind_of(name: str, reader: Reader) -> Kind:
    """Return the kind of an option's value."""
    kind = _SPECIAL_KINDS.get(name) or _KINDS_OF_READERS.get(type(reader)) or _KINDS_OF_FUNCTIONS.get(reader)
    return kind or Kind.TEXT


def _option(shown: OptionHelp) -> Option:
    from yaml import safe_load

    reader = READERS[shown.name]
    return Option(
        name=shown.name,
        group=shown.group,
        about=shown.about,
        default=safe_load(shown.default),
        kind=kind_of(shown.name, reader),
        choices=_choices(shown.name),
        limits=(reader.low, reader.high) if isinstance(reader, Number) else None,
        use=use_of(shown.name),
    )


def _choices(name: str) -> dict[str, str]:
    reader = READERS[name]
    if name == "gamemode":
        return {str(mode.value): MODE_NAMES[mode] for mode in GameMode}
    if name == "output_type":
        return {part.name: part.name for part in WHOLE_MAP}
    if isinstance(reader, Members):
        return {part: part for part in reader.kind.__members__ if part != ContextKind.NONE.name}
    return {word: word for word in reader.allowed} if isinstance(reader, OneOf) else {}
