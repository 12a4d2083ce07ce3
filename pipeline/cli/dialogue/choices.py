"""What a user has chosen so far: what is wrong with it, what else it makes worth asking, and the command that says it.

Knows nothing about terminals. Values are raw, as `resolve` takes them; None is the default.
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
    """A configuration by its name with its values, what was chosen beyond it, and which options were asked for."""

    config_name: str
    config: FlatConfig
    chosen: FlatConfig = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def value(self, name: str) -> object:
        return self.chosen.get(name, self.config[name])

    def choose(self, name: str, value: object) -> None:
        """Takes an answer; None, or what the configuration has anyway, is no choice."""
        default = all_options()[name].default
        self.chosen[name] = default if is_absent(value) else value
        if _same(name, self.chosen[name], self.config[name]):
            del self.chosen[name]
        self.asked.add(name)

    def mode(self) -> GameMode | None:
        """The mode of the map; None where a reference decides that cannot be read."""
        try:
            raw = self.value("gamemode")
            return self.mode_by_default() if is_absent(raw) else READERS["gamemode"]("gamemode", raw)
        except ValueError:
            return None

    def mode_by_default(self) -> GameMode | None:
        """The mode of a map for which none was chosen."""
        path = self.value("beatmap_path")
        if is_absent(path):
            return GameMode.STANDARD
        try:
            return _reference(READERS["beatmap_path"]("beatmap_path", path)).mode
        except (OSError, ValueError):
            return None

    def useful(self) -> list[str]:
        """The options that have a use for what was chosen, in the order of the configuration."""
        values, defaults, mode = {name: self.value(name) for name in all_options()}, _defaults(), self.mode()
        unknown = self.unknown()
        return [name for name in values if name not in unknown and is_of_use(name, values, defaults, mode)]

    def conditions(self) -> KnownConditions | None:
        """What the model knows; None for a model of which that is not known here."""
        return known_conditions(self.value("model_path"), self.mode())

    def unknown(self) -> tuple[str, ...]:
        """The options that the model does not use."""
        known = self.conditions()
        return () if known is None else known.unknown

    def unasked(self, names: Iterable[str]) -> list[str]:
        """The options among `names` that have a use and were not asked for yet."""
        useful = set(self.useful())
        return [name for name in names if name in useful and name not in self.asked]

    def flat(self) -> FlatConfig:
        """Every option with its value; those without a use have their default."""
        return _defaults() | {name: self.value(name) for name in self.useful()}

    def problem(self) -> str | None:
        """What is wrong with what was chosen, in one sentence; None when it can be made."""
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
        """Options to ask for again after that of `name` was answered, and the sentence why; None where all is well.

        A sentence about an option that is still to come can wait: two that must fit each other are not asked for at
        once.
        """
        sentence = self.problem()
        if sentence is None:
            return None
        named = options_named(sentence) or ([name] if name else [])
        if any(other in named for other in still_to_come):
            return None
        return [other for other in named if other in self.asked], sentence

    def words(self) -> list[str]:
        """The words after the script's name that ask inference.py for the same: only what differs from the default."""
        start = [] if self.config_name == ROOT_CONFIG else ["-cn", self.config_name]
        flat = self.flat()
        if is_absent(self.config["gamemode"]) and self.mode() is self.mode_by_default():
            flat["gamemode"] = None
        differing = [name for name in all_options() if not _same(name, flat[name], self.config[name])]
        return start + [assignment(name, flat[name]) for name in differing]


def _same(name: str, value: object, other: object) -> bool:
    """Whether two raw values of an option mean the same."""
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
    """A reference map, read again only when its file has changed."""
    return _read(path, path.stat().st_mtime_ns)
