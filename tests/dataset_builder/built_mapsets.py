"""Mapsets for the tests of the builder, made by code."""

import io
from pathlib import Path

import numpy as np
import soundfile

from osu_beatmap.beatmap import Beatmap, Break, Circle, Difficulty, GameMode, HoldNote, Metadata, Spinner, TimingPoint
from osu_beatmap.files.archive import write_osz
from osu_beatmap.files.writer import write_beatmap

RATE_HZ = 16_000


def small_map(
    version: str = "Normal", mode: GameMode = GameMode.STANDARD, step_ms: float = 500.0, **metadata
) -> Beatmap:
    """Nine seconds of notes with a spinner, or a hold note, at the end."""
    times_ms = np.arange(1_000.0, 9_000.0, step_ms)
    notes = [Circle(float(t), 64.0 + 128 * (i % 4), 192.0) for i, t in enumerate(times_ms)]
    last = HoldNote if mode is GameMode.MANIA else Spinner
    stated = {"title": "Lamp", "artist": "Nobody", "creator": "test", "version": version}
    return Beatmap(
        mode=mode,
        audio_filename="audio.wav",
        metadata=Metadata(**stated | metadata),
        difficulty=Difficulty(circle_size=4.0),
        timing_points=[TimingPoint(500.0, 500.0), TimingPoint(7_500.0, 300.0)],
        breaks=[Break(2_000.0, 4_000.0)],
        hit_objects=[*notes, last(9_000.0, 256, 192, end_ms=10_000.0)],
    )


def audio_bytes(seconds: float = 12.0, seed: int = 0) -> bytes:
    noise = np.random.default_rng(seed).normal(size=round(seconds * RATE_HZ)) * 0.1
    file = io.BytesIO()
    soundfile.write(file, noise, RATE_HZ, format="WAV")
    return file.getvalue()


def files_of(*maps: Beatmap, seed: int = 0, **others: bytes) -> dict[str, bytes]:
    """The files of a mapset by name."""
    charts = {f"{m.metadata.title} [{m.metadata.version}].osu": write_beatmap(m).encode("utf-8") for m in maps}
    return {**charts, "audio.wav": audio_bytes(seed=seed), **others}


def osz(path: Path, *maps: Beatmap, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_osz(path, files_of(*maps, seed=seed))
    return path


def work_here(work, tasks, workers):
    """Do the work of `workers.run_in_order` in this process.

    Worker processes have tests of their own, and cost time.
    """
    yield from ((place, work(*task)) for place, task in enumerate(tasks))


def folder_of(path: Path, files: dict[str, bytes]) -> Path:
    path.mkdir(parents=True)
    for name, content in files.items():
        (path / name).write_bytes(content)
    return path
