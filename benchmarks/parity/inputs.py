"""Maps, models and requests behind the reference outputs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.parity.folders import read_json
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.files.reader import read_beatmap
from osuT5.model.files.bundle import ModelBundle, bundle_from_json

INPUT_FOLDER = "osu_inputs"

NAMED_ALIKE = ("difficulty", "circle_size", "slider_multiplier", "hitsounded", "year", "mapper_id")
NAMED_ALIKE += ("hold_note_ratio", "scroll_speed_ratio")
"""Conditions that the original's configuration names as we do."""


class NoInput(ValueError):
    """A case whose map is not among the inputs."""


def input_path(stem: str, goldens: Path) -> Path:
    """Return the map of a case by its name.

    The name is <number>_<end of the map's name, odd characters replaced>. Raises NoInput.
    """
    end = stem.partition("_")[2]
    paths = sorted((goldens / INPUT_FOLDER).glob("*.osu"))
    matches = [path for path in paths if _plain(path.stem).endswith(end)]
    if not matches:
        raise NoInput(f"{INPUT_FOLDER} has no map for {stem}")
    return min(matches, key=lambda path: len(path.stem))


@lru_cache(maxsize=8)
def input_beatmap(stem: str, goldens: Path) -> Beatmap:
    """Read and cache an input map, which callers must not change."""
    return read_beatmap(input_path(stem, goldens))


def load_recorded_bundle(goldens: Path, name: str) -> ModelBundle:
    """Load a recorded run's full-size published model, without weights."""
    texts = [goldens / "model" / f"full_{name}.config.json", goldens / "tokenizer" / name / "tokenizer.json"]
    config, tokenizer = (read_json(path) for path in texts)
    return bundle_from_json(config, tokenizer, name=name)


def recorded_attributes(config: Mapping[str, Any]) -> Attributes:
    """Return the attributes of a recorded `generation_config`."""
    return Attributes(
        mode=GameMode(config["gamemode"]),
        key_count=config["keycount"],
        descriptors=tuple(config["descriptors"] or ()),
        **{name: config[name] for name in NAMED_ALIKE},
    )


def _plain(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)
