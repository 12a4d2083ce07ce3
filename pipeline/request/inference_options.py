"""Options of inference.py: a flat structured config with readers.

`configs/inference.yaml` shows and explains them. A reader has the limits and choices of its option; the form, the
dialogue, `-h` and errors take them from here. `pipeline.request.resolve` builds the checked request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore

from osu_beatmap.beatmap import GameMode
from osuT5.tokens.events import ContextKind
from pipeline.request.option_values import (
    Members,
    Number,
    OneOf,
    WholeNumber,
    items,
    option,
    path,
    readers,
    text,
    words,
    yes_or_no,
)
from pipeline.request.options import RequestError

MAX_STARS = 12
MAX_SEED = 2**63 - 1
MAX_DIFFICULTY_ATTEMPTS = 3
MAX_DIFFICULTIES = 16
MAX_TIMER_ITERATIONS = 1000
REFINER_STEPS = 1000
_MODE_NAMES = {"standard": 0, "osu": 0, "std": 0, "taiko": 1, "catch": 2, "fruits": 2, "ctb": 2, "mania": 3}
_DEVICE = re.compile(r"(auto|cpu|mps|cuda(:\d{1,2})?)", re.IGNORECASE)


def read_gamemode(name: str, raw: object) -> GameMode:
    value = str(raw).strip().lower()
    value = str(_MODE_NAMES.get(value.removeprefix("osu!"), value))
    if value not in ("0", "1", "2", "3"):
        raise RequestError(f"{name} must be 0 (osu!standard), 1 (taiko), 2 (catch) or 3 (mania), or a name, got {raw}.")
    return GameMode(int(value))


def read_device(name: str, raw: object) -> str:
    value = str(raw).strip().lower()
    if not _DEVICE.fullmatch(value):
        raise RequestError(f"{name} must be auto, cpu, cuda, cuda:0 (or another number) or mps, got {raw}.")
    return value


def _server(name: str, raw: object) -> str:
    value = text(name, raw)
    return value.lower() if value.lower() in ("auto", "off") else value


def _difficulties(name: str, raw: object) -> tuple[float, ...]:
    stars = tuple(Number(0, MAX_STARS)(name, each) for each in items(name, raw))
    if len(stars) > MAX_DIFFICULTIES:
        raise RequestError(f"{name} may name {MAX_DIFFICULTIES} star ratings at most, got {len(stars)}.")
    return stars


def _folder(name: str, raw: object) -> Path:
    folder = path(name, raw)
    if folder.suffix.lower() in (".osz", ".osu"):
        raise RequestError(f"{name} is the folder for the map, whose file name comes from the song; got {raw}.")
    return folder


def _timesteps(name: str, raw: object) -> int | tuple[int, ...]:
    """Parse the refiner's number of steps, or a list of numbers.

    A list has one number for each of equal sections of the steps.
    """
    if not isinstance(raw, list | tuple) and not str(raw).strip().startswith("["):
        return WholeNumber(1, REFINER_STEPS)(name, raw)
    parts = tuple(WholeNumber(0, REFINER_STEPS)(name, part) for part in items(name, raw))
    size, extra = divmod(REFINER_STEPS, max(1, len(parts)))
    for index, count in enumerate(parts):
        if count > size + (index < extra):
            raise RequestError(
                f"{name} lists {len(parts)} sections of {size} steps each, so none can have {count} of them."
            )
    if not sum(parts):
        raise RequestError(f"{name} must have at least one step, got {raw}.")
    return parts


@dataclass
class InferenceOptions:
    """Options of one generation."""

    audio_path: str | None = option(path)
    beatmap_path: str | None = option(path)
    title: str | None = option(text)
    title_unicode: str | None = option(text)
    artist: str | None = option(text)
    artist_unicode: str | None = option(text)
    source: str | None = option(text)
    tags: str | None = option(words)
    background: str | None = option(path)
    preview_time: int | None = option(WholeNumber(0, unit="ms"))

    gamemode: Any = option(read_gamemode)
    difficulty: float | None = option(Number(0, MAX_STARS))
    difficulties: list[float] | None = option(_difficulties)
    spread: str | None = option(OneOf(("full",)))
    match_difficulty: bool = option(yes_or_no, True)
    difficulty_attempts: int = option(WholeNumber(1, MAX_DIFFICULTY_ATTEMPTS), 3)
    mapper_id: int | None = option(WholeNumber(0))
    year: int | None = option(WholeNumber(2007, 2076))
    hitsounded: bool | None = option(yes_or_no)
    keycount: int | None = option(WholeNumber(1, 18))
    hold_note_ratio: float | None = option(Number(0, 1))
    scroll_speed_ratio: float | None = option(Number(0, 1))
    descriptors: list[str] | None = option(items)
    negative_descriptors: list[str] | None = option(items)
    creator: str = option(text, "osu-mapper")
    version: str | None = option(text)

    hp_drain_rate: float | None = option(Number(0, 10, decimals=1))
    circle_size: float | None = option(Number(0, 10, decimals=1))
    overall_difficulty: float | None = option(Number(0, 10, decimals=1))
    approach_rate: float | None = option(Number(0, 10, decimals=1))
    slider_multiplier: float | None = option(Number(0.4, 3.6))
    slider_tick_rate: float | None = option(Number(0.5, 8))

    in_context: list[str] = option(Members(ContextKind), ["NONE"])
    output_type: list[str] | None = option(Members(ContextKind))
    add_to_beatmap: bool = option(yes_or_no, False)
    overwrite_reference_beatmap: bool = option(yes_or_no, False)
    start_time: int | None = option(WholeNumber(0, unit="ms"))
    end_time: int | None = option(WholeNumber(0, unit="ms"))
    super_timing: bool = option(yes_or_no, False)
    timer_iterations: int = option(WholeNumber(1, MAX_TIMER_ITERATIONS), 20)

    seed: int | None = option(WholeNumber(0, MAX_SEED))
    temperature: float | None = option(Number(0, 5))
    top_p: float | None = option(Number(0, 1))
    top_k: int = option(WholeNumber(0), 0)
    cfg_scale: float = option(Number(0, 20), 1.0)
    lookback: float = option(Number(0, 0.95), 0.5)
    lookahead: float = option(Number(0, 0.95), 0.4)

    model_path: str | None = option(text)
    lora_path: str | None = option(text)
    parity: bool = option(yes_or_no, False)
    device: str = option(read_device, "auto")
    precision: str = option(OneOf(("fp32", "bf16", "fp16", "int8")), "fp32")
    reference: bool = option(yes_or_no, False)
    server: str = option(_server, "auto")

    generate_positions: bool = option(yes_or_no, True)
    diff_ckpt: str | None = option(text)
    timesteps: Any = option(_timesteps)
    diff_cfg_scale: float = option(Number(0, 20), 1.0)
    refine_iters: int = option(WholeNumber(0, 1000), 0)
    random_init: bool = option(yes_or_no, False)
    max_seq_len: int = option(WholeNumber(2, 65_536), 1024)
    overlap_buffer: int = option(WholeNumber(0), 128)

    output_path: str | None = option(_folder)
    export_osz: bool = option(yes_or_no, True)
    report: bool = option(yes_or_no, False)


ConfigStore.instance().store("inference_options", InferenceOptions)
READERS = readers(InferenceOptions)
