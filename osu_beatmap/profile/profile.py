"""The profile of a map: about thirty metrics of its mode."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.errors import BeatmapError
from osu_beatmap.profile.columns import column_profile
from osu_beatmap.profile.objects import object_profile
from osu_beatmap.profile.places import place_profile
from osu_beatmap.profile.rhythm import rhythm_profile
from osu_beatmap.profile.song import Loudness, song_profile
from osu_beatmap.profile.sounds import sound_profile
from osu_beatmap.profile.taiko import taiko_profile
from osu_beatmap.rules.chart import Chart
from osu_beatmap.song_bounds import LONGEST_SONG_MS, part_in_song

FEWEST_OBJECTS = 20


@dataclass(frozen=True)
class MapProfile:
    """Profile of a map; maps of one song have the same `song`."""

    name: str
    song: str
    mode: GameMode
    stars: float
    metrics: Mapping[str, float]


def profile_of(beatmap: Beatmap, loudness: Loudness | None = None) -> dict[str, float]:
    """Return the metrics of a map by name.

    The names end in their unit; a share is 0..1 and a plural is a count. Metrics of one mode have the same names in
    all maps of that mode.

    Args:
        beatmap: The map, of any mode.
        loudness: That of its song. Without it the metrics that compare the map with loudness are missing.

    Returns:
        A number for each metric, NaN if the map has nothing to measure. Empty for a map without a red line, with
        more objects than its song holds, or with fewer than `FEWEST_OBJECTS` objects.
    """
    song_ms = float(loudness.times_ms[-1]) if loudness is not None and len(loudness.times_ms) else LONGEST_SONG_MS
    try:
        beatmap = part_in_song(beatmap, song_ms).beatmap
    except BeatmapError:
        return {}
    chart = Chart(beatmap)
    if not chart.has_tempo or len(chart.objects) < FEWEST_OBJECTS:
        return {}
    metrics = rhythm_profile(chart) | song_profile(chart, loudness)
    if beatmap.mode is not GameMode.TAIKO:
        metrics |= sound_profile(chart)
    if beatmap.mode in (GameMode.STANDARD, GameMode.CATCH):
        metrics |= object_profile(chart) | place_profile(chart)
    elif beatmap.mode is GameMode.TAIKO:
        metrics |= taiko_profile(chart)
    else:
        metrics |= column_profile(chart)
    return {name: float(value) if math.isfinite(value) else math.nan for name, value in metrics.items()}
