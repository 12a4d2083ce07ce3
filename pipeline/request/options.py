"""Typed options of a request, and the only place of defaults.

Users see these options flat (`difficulty=5.5`); here they are grouped by what they are about.
`pipeline.request.resolve` turns the flat form into a `GenerationRequest` and checks it. None always means "not given":
a later stage decides. A field is named as its option, with the unit where the option leaves it out (`start_time` ->
`start_time_ms`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path

from feedback.errors import UserError
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Difficulty, GameMode
from osuT5.tokens.events import ContextKind
from osuT5.tokens.windows import LOOKAHEAD, LOOKBACK
from pipeline.output.settings import typical_settings

WHOLE_MAP = (ContextKind.TIMING, ContextKind.KIAI, ContextKind.MAP, ContextKind.SV)
"""The parts that make a whole map; SV is written in mania only."""


class RequestError(UserError):
    """Impossible request; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class SongOptions:
    """The song, and the metadata of the map.

    Where empty, the audio file's tags speak.
    """

    audio_path: Path | None = None
    beatmap_path: Path | None = None
    title: str | None = None
    title_unicode: str | None = None
    artist: str | None = None
    artist_unicode: str | None = None
    source: str | None = None
    tags: tuple[str, ...] = ()
    background: Path | None = None
    preview_time_ms: int | None = None


@dataclass(frozen=True, slots=True)
class MapOptions:
    """Target of a map.

    `gamemode` is None only where the reference beatmap decides it.
    """

    gamemode: GameMode | None = None
    difficulty: float | None = None
    difficulties: tuple[float, ...] = ()
    spread: str | None = None
    match_difficulty: bool = True
    difficulty_attempts: int = 3
    mapper_id: int | None = None
    year: int | None = None
    hitsounded: bool | None = None
    keycount: int | None = None
    hold_note_ratio: float | None = None
    scroll_speed_ratio: float | None = None
    descriptors: tuple[str, ...] = ()
    negative_descriptors: tuple[str, ...] = ()
    creator: str = "osu-mapper"
    version: str | None = None

    def __post_init__(self) -> None:
        assert self.gamemode is None or isinstance(self.gamemode, GameMode), "gamemode is a GameMode"

    @property
    def is_mapset(self) -> bool:
        """Return whether several difficulties are requested."""
        return bool(self.difficulties) or self.spread is not None

    @property
    def is_matched(self) -> bool:
        """Return whether a measurable value of a finished map is requested."""
        measured = (self.difficulty, self.hold_note_ratio, self.scroll_speed_ratio)
        return self.match_difficulty and any(each is not None for each in measured)


@dataclass(frozen=True, slots=True)
class SettingOptions:
    """[Difficulty] of the map. Where None, what suits the star rating."""

    hp_drain_rate: float | None = None
    circle_size: float | None = None
    overall_difficulty: float | None = None
    approach_rate: float | None = None
    slider_multiplier: float | None = None
    slider_tick_rate: float | None = None


@dataclass(frozen=True, slots=True)
class ScopeOptions:
    """Given and generated parts of a map.

    `output_type` never holds a part that is given.
    """

    in_context: tuple[ContextKind, ...] = (ContextKind.NONE,)
    output_type: tuple[ContextKind, ...] = WHOLE_MAP
    add_to_beatmap: bool = False
    overwrite_reference_beatmap: bool = False
    start_time_ms: int | None = None
    end_time_ms: int | None = None
    super_timing: bool = False
    timer_iterations: int = 20

    @property
    def is_timing_alone(self) -> bool:
        """Return whether only red lines are requested and nothing is given."""
        return self.output_type == (ContextKind.TIMING,) and self.in_context == (ContextKind.NONE,)

    @property
    def keeps_objects(self) -> bool:
        """Return whether the objects of the reference stay unchanged."""
        return ContextKind.NO_HS in self.in_context or ContextKind.MAP in self.in_context

    @property
    def generates_objects(self) -> bool:
        """Return whether the model generates the hit objects."""
        return ContextKind.MAP in self.output_type and not self.keeps_objects

    @property
    def is_part(self) -> bool:
        """Return whether a part of the song is requested."""
        return self.start_time_ms is not None or self.end_time_ms is not None


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """Options of sampling.

    None is up to the model; a None `seed` is drawn at random.

    `lookback` and `lookahead` are shares of a window.
    """

    seed: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int = 0
    cfg_scale: float = 1.0
    lookback: float = LOOKBACK
    lookahead: float = LOOKAHEAD


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """Options of the model and its device.

    Without `model_path` it is the one that comes with the program.

    Both paths are a folder, or an id on the Hugging Face hub (OWNER/NAME, OWNER/NAME@REVISION). With `parity` a
    published model writes what it writes in the program that it comes from. With `reference` it is computed in the
    plain way that faster ones are compared with. `server`: auto, off, or the session file of a server (`server`).
    """

    model_path: str | None = None
    lora_path: str | None = None
    parity: bool = False
    device: str = "auto"
    precision: str = "fp32"
    reference: bool = False
    server: str = "auto"


@dataclass(frozen=True, slots=True)
class PositionOptions:
    """Options of positions in standard and catch.

    Objects get positions after their times.

    `timesteps` is a number of steps, or a number for each of equal sections of the noise, least noise first; None is
    what suits the refiner. Without `diff_ckpt` that is the one that comes with the program.
    """

    generate_positions: bool = True
    diff_ckpt: str | None = None
    timesteps: int | tuple[int, ...] | None = None
    diff_cfg_scale: float = 1.0
    refine_iters: int = 0
    random_init: bool = False
    max_seq_len: int = 1024
    overlap_buffer: int = 128


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """Options of output: a folder, created if missing.

    It is None until `resolve` has chosen one. With `report`, a report of the map is next to it.
    """

    output_path: Path | None = None
    export_osz: bool = True
    report: bool = False


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Everything that generation needs to know, checked."""

    song: SongOptions = field(default_factory=SongOptions)
    map: MapOptions = field(default_factory=MapOptions)
    settings: SettingOptions = field(default_factory=SettingOptions)
    scope: ScopeOptions = field(default_factory=ScopeOptions)
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    model: ModelOptions = field(default_factory=ModelOptions)
    positions: PositionOptions = field(default_factory=PositionOptions)
    output: OutputOptions = field(default_factory=OutputOptions)

    def attributes(self) -> Attributes:
        """Return the conditions of the model."""
        wanted, settings = self.map, self.settings
        assert wanted.gamemode is not None, "the mode of the reference beatmap was not filled in"
        return Attributes(
            mode=wanted.gamemode,
            difficulty=wanted.difficulty,
            circle_size=settings.circle_size,
            slider_multiplier=settings.slider_multiplier,
            hitsounded=wanted.hitsounded,
            key_count=wanted.keycount,
            hold_note_ratio=wanted.hold_note_ratio,
            scroll_speed_ratio=wanted.scroll_speed_ratio,
            year=wanted.year,
            mapper_id=wanted.mapper_id,
            descriptors=wanted.descriptors,
        )

    def difficulty_settings(self, star_rating: float) -> Difficulty:
        """Return [Difficulty] of the map.

        Given settings stay; others suit `star_rating`.
        """
        assert self.map.gamemode is not None, "the mode of the reference beatmap was not filled in"
        settings = typical_settings(self.map.gamemode, star_rating)
        for option in fields(self.settings):
            given = getattr(self.settings, option.name)
            if given is not None:
                setattr(settings, option.name, given)
        if self.map.gamemode is GameMode.MANIA and self.map.keycount is not None:
            settings.circle_size = float(self.map.keycount)
        return settings


def option_fields() -> dict[str, tuple[str, str]]:
    """Map options as typed to (group, field) of a GenerationRequest."""
    groups = ((group.name, group.default_factory) for group in fields(GenerationRequest))
    return {
        option.name.removesuffix("_ms"): (group, option.name) for group, options in groups for option in fields(options)
    }


def nearest_option(name: str, known: Iterable[str]) -> str | None:
    """Return the option that a user most likely meant, or None."""
    known = list(known)
    meant = _SHORT_NAMES.get(name.lower())
    if meant in known:
        return meant
    return next(iter(get_close_matches(name.lower(), known, n=1, cutoff=0.6)), None)


def unknown_option(name: str, known: Iterable[str]) -> str:
    """Return a sentence about an unknown option, with the nearest known one."""
    near = nearest_option(name, known)
    return f"There is no option {name}" + (f"; did you mean {near}?" if near else "; -h lists them all.")


_SHORT_NAMES = {
    "audio": "audio_path",
    "song": "audio_path",
    "output": "output_path",
    "beatmap": "beatmap_path",
    "mode": "gamemode",
    "stars": "difficulty",
    "sr": "difficulty",
    "keys": "keycount",
    "hp": "hp_drain_rate",
    "cs": "circle_size",
    "od": "overall_difficulty",
    "ar": "approach_rate",
    "sv": "slider_multiplier",
    "cfg": "cfg_scale",
    "lora": "lora_path",
    "model": "model_path",
}
