"""Hitsounds of a map: frequency and beats of each addition."""

from __future__ import annotations

import numpy as np

from osu_beatmap.beatmap import HitSound, Slider, Spinner
from osu_beatmap.profile.beats import beat_places, share
from osu_beatmap.rules.chart import Chart


def sound_profile(chart: Chart) -> dict[str, float]:
    """Return the metrics of hitsounds.

    Heads, repeats and ends of sliders count one by one.
    """
    times_ms, sounds = sound_events(chart)
    places = beat_places(chart.timing, times_ms)
    whistle, finish, clap = ((sounds & addition) > 0 for addition in (HitSound.WHISTLE, HitSound.FINISH, HitSound.CLAP))
    return {
        "whistle_share": share(whistle),
        "finish_share": share(finish),
        "clap_share": share(clap),
        "whistles_on_downbeats_share": share(places.is_downbeat[whistle]),
        "finishes_on_downbeats_share": share(places.is_downbeat[finish]),
        "claps_on_backbeats_share": share(places.is_backbeat[clap]),
    }


def sound_events(chart: Chart) -> tuple[np.ndarray, np.ndarray]:
    """Return when something sounds [n], and its additions [n]."""
    times_ms: list[float] = []
    sounds: list[int] = []
    for obj, end_ms in zip(chart.objects, chart.end_ms.tolist(), strict=True):
        if isinstance(obj, Slider) and obj.edges and obj.slides >= 1:
            times_ms += np.linspace(obj.time_ms, end_ms, len(obj.edges)).tolist()
            sounds += [int(edge.hitsound) for edge in obj.edges]
        else:
            times_ms.append(end_ms if isinstance(obj, Spinner) else obj.time_ms)
            sounds.append(int(obj.hitsound))
    return np.array(times_ms), np.array(sounds, np.int64)
