"""Small synthetic songs for tests of the rhythm model."""

import numpy as np

from osu_beatmap.beatmap import GameMode
from osuT5.rhythm.conditions import Origin
from osuT5.rhythm.config import RhythmConfig
from osuT5.rhythm.corpus import RhythmChart, RhythmSong
from osuT5.rhythm.features import BANDS

SMALL = RhythmConfig(
    channels=8, tick_width=4, width=16, heads=2, condition_width=8, window_beats=16, dropout=0.0, star_count=11
)
BEAT_MS = 500.0


def make_chart(
    name: str = "chart",
    mode: GameMode = GameMode.STANDARD,
    stars: float = 3.0,
    start_ms: float = 200.0,
    beats: int = 30,
    origin: Origin = Origin.OSU,
    title: str = "Song",
) -> RhythmChart:
    """A map at 120 BPM with an object on every beat."""
    times_ms = tuple(start_ms + BEAT_MS * beat for beat in range(beats))
    keys = 4 if mode is GameMode.MANIA else 0
    return RhythmChart(name, title, "", mode, origin, stars, keys, ((start_ms, BEAT_MS, 4),), times_ms)


def make_song(*charts: RhythmChart, name: str = "song", seconds: float = 20.0, seed: int = 0) -> RhythmSong:
    """A song of noise with a click 25 ms after each object."""
    charts = charts or (make_chart(),)
    features = np.random.default_rng(seed).uniform(0, 0.2, (round(100 * seconds), BANDS))
    clicks = np.round((np.array(charts[0].times_ms) + 25) / 10).astype(int)
    features[clicks[clicks < len(features)]] += 3.0
    return RhythmSong(name, None, features.astype(np.float16), charts)
