"""Options that a model was trained with, by its contract.

The model is not loaded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from model_files.hub import find_folder
from osu_beatmap.beatmap import GameMode
from osuT5.tokens.events import EventKind
from paths import MODEL_DIR
from pipeline.generation.map_model.styles import known_tags
from pipeline.request.option_values import is_absent

CONDITION_OF_OPTION = {
    "difficulty": EventKind.DIFFICULTY,
    "mapper_id": EventKind.MAPPER,
    "year": EventKind.YEAR,
    "hitsounded": EventKind.HITSOUNDED,
    "hold_note_ratio": EventKind.HOLD_NOTE_RATIO,
    "scroll_speed_ratio": EventKind.SCROLL_SPEED_RATIO,
    "descriptors": EventKind.DESCRIPTOR,
}

BUNDLED_MODEL = MODEL_DIR / "mini"
MAP_MODEL_NAME = "mini"
UNKNOWN_TO_MAP_MODELS = ("mapper_id", "year", "super_timing", "timer_iterations")
"""Options without effect on a map model, which was trained without mappers and has a network for the timing."""


@dataclass(frozen=True, slots=True)
class KnownConditions:
    """Conditions of one model.

    Attributes:
        model: Its name.
        unknown: Options that it does not use.
        tags: User tags that it supports, without their groups; None if they are not limited.
    """

    model: str
    unknown: tuple[str, ...]
    tags: frozenset[str] | None


def known_conditions(model_path: object, mode: GameMode | None) -> KnownConditions | None:
    """Return the conditions of a model, or None.

    None stands for a folder without a contract or a map model, or a model that is not on this computer.

    Args:
        model_path: The option as it is given; absent for the bundled model.
        mode: Mode of the map; None if it is not known, so that tags of all modes count.
    """
    folder = BUNDLED_MODEL if is_absent(model_path) else find_folder(str(model_path))
    if folder is not None and (folder / "objects").is_dir():
        tags = frozenset().union(*map(known_tags, GameMode if mode is None else (mode,)))
        return KnownConditions(MAP_MODEL_NAME, UNKNOWN_TO_MAP_MODELS, tags)
    contract = _read_contract(folder)
    if folder is None or contract is None:
        return None
    conditions = {str(name) for name in contract.get("conditions", ())}
    unknown = [option for option, kind in CONDITION_OF_OPTION.items() if kind.value not in conditions]
    return KnownConditions(str(contract.get("name", folder.name)), tuple(unknown), None)


def _read_contract(folder: Path | None) -> dict | None:
    try:
        found = None if folder is None else json.loads((folder / "contract.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
