"""Damage of known kinds, done to human charts to see which metrics see it.

A probe is a function (chart, others, rng) -> Beatmap; `others` are charts of other songs and the same mode, for the
probe that takes one of them. None where there is nothing to damage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from evaluation.charts import MeasuredChart
from evaluation.probes import object_probes as of_objects
from evaluation.probes import song_probes as of_songs
from evaluation.probes import timing_probes as of_timing
from osu_beatmap.beatmap import Beatmap

__all__ = ["PROBES", "Probe"]

Probe = Callable[[MeasuredChart, Sequence[MeasuredChart], np.random.Generator], Beatmap | None]

PROBES: dict[str, Probe] = {
    probe.__name__: probe
    for probe in (
        of_timing.shifted_60ms,
        of_objects.jittered_10ms,
        of_objects.random_places,
        of_songs.flattened,
        of_objects.density_doubled,
        of_objects.chords_grown,
        of_songs.sections_shuffled,
        of_songs.song_swapped,
        of_timing.wrong_tempo,
        of_timing.tempo_doubled,
        of_timing.lines_late,
        of_objects.sounds_removed,
        of_objects.settings_changed,
    )
}
"""By the name that metrics use."""
