"""Questions of each kind: option and value in, raw value out.

None is the default. An entered value can be removed again: an empty answer is the default.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import url2pathname

import questionary
from questionary import Choice

from osu_beatmap.beatmap import GameMode
from pipeline.cli.dialogue.choices import Choices
from pipeline.cli.dialogue.terminal import DIM, LOOK, answer, choose, say, tick
from pipeline.cli.dialogue.user_tag_menu import ask_user_tags
from pipeline.cli.shell_words import IS_WINDOWS, value_text
from pipeline.output.summary import MODE_NAMES
from pipeline.request.option_groups import Kind, Option
from pipeline.request.option_values import is_absent, items
from pipeline.request.options import RequestError

DEFAULT = ""
"""Stands for the default in a list, where None would be no value."""


def ask(option: Option, wish: Choices) -> object:
    """Explain an option and ask for its value."""
    say("\n" + explain(option), DIM)
    value = wish.value(option.name)
    if option.name == "gamemode":
        return _ask_mode(option, wish)
    match option.kind:
        case Kind.YES_NO if option.default is not None:
            is_on = value_text(value).lower() == "true"
            return answer(questionary.confirm(option.name, default=is_on, style=LOOK))
        case Kind.YES_NO:
            return _ask_choice(option, value, {"true": "yes", "false": "no"})
        case Kind.CHOICE:
            return _ask_choice(option, value, option.choices)
        case Kind.CHOICES:
            return _ask_choices(option, value)
        case Kind.USER_TAGS:
            known = wish.conditions()
            return ask_user_tags(option.name, _list(option, value), wish.mode(), None if known is None else known.tags)
        case Kind.FILE | Kind.FOLDER | Kind.MODEL:
            return _ask_path(option, value)
    return answer(questionary.text(option.name, default=_format_value(value), style=LOOK)).strip() or None


def explain(option: Option) -> str:
    """Return the explanation of an option, with its default.

    The configuration file may omit the default.
    """
    return option.about + ("" if option.default is None else f" (default {value_text(option.default)})")


def _format_value(value: object) -> str:
    return "" if is_absent(value) else value_text(value)


def _list(option: Option, value: object) -> list[str]:
    """Return the items of a value; none for a wrong value."""
    try:
        return [] if is_absent(value) else list(items(option.name, value))
    except RequestError:
        return []


def _ask_mode(option: Option, wish: Choices) -> object:
    """Ask for a mode; the automatic one is the default."""
    by_default, chosen = wish.mode_by_default(), wish.mode()
    choices = [Choice(MODE_NAMES[mode], mode.value) for mode in GameMode if mode is not by_default]
    default = "that of the map" if by_default is None else MODE_NAMES[by_default]
    choices.insert(by_default.value if by_default else 0, Choice(f"{default} (default)", DEFAULT))
    answered = choose(option.name, choices, DEFAULT if chosen in (None, by_default) else chosen.value)
    return None if answered == DEFAULT else answered


def _ask_choice(option: Option, value: object, titles: Mapping[str, str]) -> object:
    choices = [Choice(title, word) for word, title in titles.items()]
    if option.default is None:
        choices.insert(0, Choice("leave it open", DEFAULT))
    return choose(option.name, choices, _format_value(value).lower()) or None


def _ask_choices(option: Option, value: object) -> object:
    ticked = {name.upper() for name in _list(option, value)}
    return tick(option.name, [Choice(title, word, checked=word in ticked) for word, title in option.choices.items()])


def _ask_path(option: Option, value: object) -> object:
    only_folders = option.kind is Kind.FOLDER
    question = questionary.path(option.name, default=_format_value(value), only_directories=only_folders, style=LOOK)
    return parse_dropped_path(answer(question)) or None


def parse_dropped_path(text: str, on_windows: bool = IS_WINDOWS) -> str:
    """Return the path that a user typed, pasted or dragged.

    Terminals write a dragged file as their shell would want it: in quotes, with backslashes before spaces, after the
    call operator of PowerShell, or as a file:// address.
    """
    text = text.strip()
    if not text or os.path.exists(text):
        return text
    if text.startswith("file://"):
        return url2pathname(urlsplit(text).path)
    if on_windows:
        return text.removeprefix("& ").strip("'\"")
    try:
        words = shlex.split(text)
    except ValueError:
        return text
    return words[0] if len(words) == 1 else text
