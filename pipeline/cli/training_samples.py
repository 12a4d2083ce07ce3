"""Sample generations during training, as pictures.

The whole program runs on a short song.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import soundfile

from osu_beatmap.beatmap import GameMode
from osuT5.audio.decode import load_audio
from osuT5.training.options import TrainOptions
from paths import DEMO_SONG
from pipeline.generation.generate import generate
from pipeline.output.map_picture import picture
from pipeline.request.resolve import resolve

SAMPLE_RATE = 44_100
MAPS_FOLDER, EXCERPT_FILE = "maps", "excerpt.flac"
SEED = 1


def sample_drawer(options: TrainOptions) -> Callable[[Path], Mapping[str, np.ndarray]]:
    """Return the function that generates and draws a map per mode.

    It uses the model in a folder. The newest maps are next to that folder, in `maps/`. A mode that cannot be generated
    is named and skipped: no error here may end a run. Raises AudioError at once if the song cannot be read.
    """
    samples = options.samples
    song = load_audio(Path(samples.audio_path) if samples.audio_path else DEMO_SONG, SAMPLE_RATE)
    song = song[: round(samples.sample_seconds * SAMPLE_RATE)]

    def draw(model_folder: Path) -> Mapping[str, np.ndarray]:
        place = model_folder.parent / MAPS_FOLDER
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        soundfile.write(place / EXCERPT_FILE, song, SAMPLE_RATE)
        pictures = {}
        for mode in samples.sample_gamemodes:
            name = GameMode(mode).name.lower()
            try:
                beatmap = generate(resolve(_request(options, model_folder, place, mode))).beatmap
                pictures[name] = picture(beatmap, 1000 * len(song) / SAMPLE_RATE)
            except Exception as error:
                print(f"There is no sample of {name}: {error}")
        return pictures

    return draw


def _request(options: TrainOptions, model_folder: Path, place: Path, mode: int) -> dict[str, object]:
    """Return the options of a sample.

    An adapter's folder needs the adapted model.
    """
    adapts = options.lora.enable_lora
    return {
        "audio_path": str(place / EXCERPT_FILE),
        "output_path": str(place / GameMode(mode).name.lower()),
        "title": "sample",
        "gamemode": mode,
        "difficulty": options.samples.sample_difficulty,
        "match_difficulty": False,  # what the model makes of it by itself is what a run wants to see
        "seed": SEED,
        "device": options.device,
        "model_path": options.pretrained_path if adapts else str(model_folder),
        "lora_path": str(model_folder) if adapts else None,
    }
