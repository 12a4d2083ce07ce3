"""State of a dialogue: choices, their errors, further options, and command.

It is independent of terminals. Values are raw, as `resolve` takes them; None is the default.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from feedback.errors import UserError
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.files.reader import read_beatmap
from pipeline.cli.command_line import FlatConfig
from pipeline.cli.shell_words import assignment
from pipeline.generation.known_conditions import KnownConditions, known_conditions
from pipeline.request.inference_options import READERS
from pipeline.request.input_files import check_files
from pipeline.request.mapset_file import open_mapset
from pipeline.request.option_groups import all_options, options_named
from pipeline.request.option_uses import is_of_use
from pipeline.request.option_values import is_absent
from pipeline.request.resolve import fill_from_beatmap, resolve

ROOT_CONFIG = "inference"


@dataclass
class Choices:
    """Configuration with its values, choices beyond it, and answered options."""

    config_name: str
    config: FlatConfig
    chosen: FlatConfig = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def value(self, name: str) -> object:
        return self.chosen.get(name, self.config[name])

    def choose(self, name: str, value: object) -> None:
        """Store an answer; None or the configuration's value is no choice."""
        default = all_options()[name].default
        self.chosen[name] = default if is_absent(value) else value
        if _is_same(name, self.chosen[name], self.config[name]):
            del self.chosen[name]
        self.asked.add(name)

    def mode(self) -> GameMode | None:
        """Return the mode of the map.

        It is None if a reference determines it and cannot be read.
        """
        try:
            raw = self.value("gamemode")
            return self.mode_by_default() if is_absent(raw) else READERS["gamemode"]("gamemode", raw)
        except ValueError:
            return None

    def mode_by_default(self) -> GameMode | None:
        """Return the default mode of a map."""
        path = self.value("beatmap_path")
        if is_absent(path):
            return GameMode.STANDARD
        try:
            return _reference(READERS["beatmap_path"]("beatmap_path", path)).mode
        except (OSError, ValueError):
            return None

    def useful(self) -> list[str]:
        """Return the options that apply to the choices so far.

        They are in the order of the configuration.
        """
        values, defaults, mode = {name: self.value(name) for name in all_options()}, _defaults(), self.mode()
        unknown = self.unknown()
        return [name for name in values if name not in unknown and is_of_use(name, values, defaults, mode)]

    def conditions(self) -> KnownConditions | None:
        """Return the conditions of the model; None if they are unknown."""
        return known_conditions(self.value("model_path"), self.mode())

    def unknown(self) -> tuple[str, ...]:
        """Return the options that the model does not use."""
        known = self.conditions()
        return () if known is None else known.unknown

    def list_remaining(self, names: Iterable[str]) -> list[str]:
        """Return the applicable options among `names` that were not asked."""
        useful = set(self.useful())
        return [name for name in names if name in useful and name not in self.asked]

    def flat(self) -> FlatConfig:
        """Return every option with its value; unused ones have their default."""
        return _defaults() | {name: self.value(name) for name in self.useful()}

    def problem(self) -> str | None:
        """Return the problem of the choices in one sentence, or None."""
        try:
            with open_mapset(self.flat()) as (flat, _):
                request = resolve(flat)
                check_files(request, from_shell=False)
                if request.song.beatmap_path is not None:
                    check_files(fill_from_beatmap(request, _reference(request.song.beatmap_path)), from_shell=False)
        except OSError as error:
            return f"{error.filename}: {error.strerror}"
        except UserError as error:
            return str(error)
        return None

    def options_to_ask_again(self, name: str | None, still_to_come: Iterable[str]) -> tuple[list[str], str] | None:
        """Return options to ask again, and the sentence with the reason.

        They follow the answer for `name`; None if all is well. A sentence about an option that is still to come can
        wait: two options that must match are not asked at once.
        """
        sentence = self.problem()
        if sentence is None:
            return None
        named = options_named(sentence) or ([name] if name else [])
        if any(other in named for other in still_to_come):
            return None
        return [other for other in named if other in self.asked], sentence

    def words(self) -> list[str]:
        """Return the words of the equivalent inference.py command.

        They follow the script's name, and only state differences from the default.
        """
        start = [] if self.config_name == ROOT_CONFIG else ["-cn", self.config_name]
        flat = self.flat()
        if is_absent(self.config["gamemode"]) and self.mode() is self.mode_by_default():
            flat["gamemode"] = None
        differing = [name for name in all_options() if not _is_same(name, flat[name], self.config[name])]
        return start + [assignment(name, flat[name]) for name in differing]


def _is_same(name: str, value: object, other: object) -> bool:
    """Return whether two raw values of an option are equal."""
    if is_absent(value) or is_absent(other):
        return is_absent(value) and is_absent(other)
    try:
        return READERS[name](name, value) == READERS[name](name, other)
    except ValueError:
        return False


def _defaults() -> FlatConfig:
    return {name: option.default for name, option in all_options().items()}


@cache
def _read(path: Path, modified_ns: int) -> Beatmap:
    return read_beatmap(path)


def _reference(path: Path) -> Beatmap:
    """Return a reference map; read it again only if it changed."""
    return _read(path, path.stat().st_mtime_ns)
