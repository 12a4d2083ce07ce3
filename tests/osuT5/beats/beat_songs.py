"""Small synthetic songs for tests of the beat model."""

import numpy as np

from osu_beatmap.beatmap import GameMode
from osuT5.beats.config import BeatConfig
from osuT5.rhythm.conditions import Origin
from osuT5.rhythm.corpus import RhythmChart, RhythmSong
from osuT5.rhythm.features import BANDS

SMALL = BeatConfig(channels=8, width=8, dilations=(1, 2), dropout=0.0)


def make_chart(*red_lines: tuple[float, float, int], times_ms: tuple[float, ...] = (0.0, 10_000.0)) -> RhythmChart:
    """A map with red lines (time_ms, beat_length_ms, meter)."""
    return RhythmChart("chart", "Song", "", GameMode.STANDARD, Origin.OSU, 3.0, 0, red_lines, times_ms)


def make_song(*charts: RhythmChart, name: str = "song", seconds: float = 20.0, seed: int = 0) -> RhythmSong:
    """A song of noise."""
    features = np.random.default_rng(seed).uniform(0, 0.2, (round(100 * seconds), BANDS))
    charts = charts or (make_chart((200.0, 500.0, 4)),)
    return RhythmSong(name, None, features.astype(np.float16), charts)
