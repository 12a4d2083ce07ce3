"""Charts of two mappers whom anybody could tell apart, with a song of noise."""

from pathlib import Path

import numpy as np
import soundfile

from osu_beatmap.beatmap import Beatmap, Circle, Metadata, TimingPoint
from osu_beatmap.files.writer import save_beatmap

BEAT_MS = 400.0
RATE = 16_000


def noise(seconds: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.1, round(RATE * seconds)).astype(np.float32)


def map_by(mapper: str, title: str = "Song", version: str = "Hard", seconds: float = 16.0) -> Beatmap:
    """Anna's notes come on every beat in one place, Bert's on every half beat all over the field."""
    step_ms, spread = (BEAT_MS, 0) if mapper == "Anna" else (BEAT_MS / 2, 1)
    count = int((seconds * 1000 - 2000) / step_ms)
    return Beatmap(
        audio_filename="song.wav",
        metadata=Metadata(title=title, artist="Us", creator=mapper, version=version),
        timing_points=[TimingPoint(0.0, BEAT_MS)],
        hit_objects=[
            Circle(1000 + n * step_ms, 256.0 + spread * 200 * (-1) ** n, 192.0 + spread * (n * 40 % 120))
            for n in range(count)
        ],
    )


def write_mapset(folder: Path, beatmaps: list[Beatmap], seconds: float = 16.0, seed: int = 1) -> Path:
    """Returns the path of the first chart."""
    folder.mkdir(parents=True)
    soundfile.write(folder / "song.wav", noise(seconds, seed), RATE)
    for number, beatmap in enumerate(beatmaps):
        save_beatmap(beatmap, folder / f"{number}.osu")
    return folder / "0.osu"
