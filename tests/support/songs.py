"""Songs at 150 BPM, and mapsets with regular charts on their beats."""

from pathlib import Path

import soundfile

from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.writer import save_beatmap
from synthesis.mixing import render_song
from tests.support.review_maps import regular_map


def write_song(path: Path, seconds: float, offset_ms: float = 400.0) -> Path:
    audio, _ = render_song(1, 150.0, offset_ms, seconds, sample_rate=16_000)
    soundfile.write(path, audio, 16_000)
    return path


def write_regular_mapset(
    folder: Path, *modes: GameMode, seconds: float = 14.0, beats: int = 30, error_ms: float = 0.0
) -> Path:
    """Write `audio.ogg` and a chart `MODE.osu` of each mode; `error_ms` is that of the object at 7 s in standard."""
    write_song(folder / "audio.ogg", seconds, 1000.0)
    for mode in modes:
        beatmap = regular_map(mode, beats)
        beatmap.metadata.version = mode.name
        if mode is GameMode.STANDARD:
            beatmap.hit_objects[15].time_ms += error_ms
        save_beatmap(beatmap, folder / f"{mode.name}.osu")
    return folder
