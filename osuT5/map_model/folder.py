"""Folder of a map model: `rhythm/` and `objects/`.

`beats/` and `bars/` are optional: beats and bars of a song do not depend on the maps that a model was trained on.
`objects/sound/` is the rhythm model whose sound the object model reads, if `rhythm/` is a later one. Older folders also
have a seq2seq model, which is not used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from model_files.errors import ModelError
from model_files.network_folder import WEIGHTS_FILE, digest_of
from osuT5.bars.files import load_bar_model
from osuT5.bars.network import BarNetwork
from osuT5.beats.files import load_beat_model
from osuT5.beats.network import BeatNetwork
from osuT5.map_model.adapters import merge_adapter
from osuT5.objects.model.files import CONTRACT_FILE as OBJECTS_FILE
from osuT5.objects.model.files import load_object_model
from osuT5.objects.model.network import ObjectNetwork
from osuT5.rhythm.files import CONTRACT_FILE as RHYTHM_FILE
from osuT5.rhythm.files import load_rhythm_model
from osuT5.rhythm.network import RhythmNetwork
from osuT5.tokens.contract import MINI_CONDITIONS, Contract, mini_spec
from osuT5.tokens.events import EventKind
from paths import MODEL_DIR

BEATS, BARS, RHYTHM, OBJECTS = "beats", "bars", "rhythm", "objects"
SOUND = "sound"
BUNDLED = MODEL_DIR / "mini"
PART_FILES = {RHYTHM: RHYTHM_FILE, OBJECTS: OBJECTS_FILE}
"""Subfolder of each part -> the file that shows that it is there."""


MAP_CONDITIONS = tuple(kind for kind in MINI_CONDITIONS if kind not in (EventKind.MAPPER, EventKind.DESCRIPTOR))


def map_contract() -> Contract:
    """Return the contract of all map models.

    Their stages exchange parts of a map as events of this encoding.
    """
    return replace(mini_spec(), conditions=MAP_CONDITIONS)


@dataclass(frozen=True)
class MapModel:
    """Networks that generate maps on the beat clock.

    Attributes:
        sound: Rhythm model whose sound `objects` reads; often `rhythm`.
    """

    beats: BeatNetwork
    bars: BarNetwork
    rhythm: RhythmNetwork
    sound: RhythmNetwork
    objects: ObjectNetwork


def is_map_model(folder: Path) -> bool:
    """Return whether a model folder has the parts of a map model.

    Raises:
        ModelError: It has one of them only.
    """
    missing = [part for part, name in PART_FILES.items() if not (folder / part / name).is_file()]
    if missing and len(missing) < len(PART_FILES):
        raise ModelError(f"{folder} is not complete: {missing[0]}/{PART_FILES[missing[0]]} is missing.")
    return not missing


def sound_folder(folder: Path) -> Path:
    """Return the folder of the rhythm model that objects listen with."""
    own = folder / OBJECTS / SOUND
    return own if own.is_dir() else folder / RHYTHM


def load_map_model(folder: Path, adapter: Path | None = None) -> MapModel:
    """Load the parts of a map model for prediction.

    Args:
        adapter: Folder of an adapter for it.

    Raises:
        ModelError: A part cannot be loaded, or the object model was trained with another rhythm model.
    """
    beats, bars = (folder if (folder / part).is_dir() else BUNDLED for part in (BEATS, BARS))
    rhythm = load_rhythm_model(folder / RHYTHM)
    heard = sound_folder(folder)
    sound = rhythm if heard == folder / RHYTHM else load_rhythm_model(heard)
    objects = load_object_model(folder / OBJECTS, digest_of(heard / WEIGHTS_FILE))
    if adapter is not None:
        merge_adapter(rhythm, adapter / RHYTHM)
        merge_adapter(objects, adapter / OBJECTS)
    return MapModel(load_beat_model(beats / BEATS), load_bar_model(bars / BARS), rhythm, sound, objects)
