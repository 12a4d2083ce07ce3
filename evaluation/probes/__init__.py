"""Probes: damage of known kinds, done to human-made maps.

`evaluation.report.probe_table` measures which metrics change with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from evaluation.charts import MeasuredChart
from evaluation.probes import object_probes, song_probes, timing_probes
from osu_beatmap.beatmap import Beatmap

__all__ = ["PROBES", "Probe"]

Probe = Callable[[MeasuredChart, Sequence[MeasuredChart], np.random.Generator], Beatmap | None]
"""(chart, charts of other songs and the same mode, rng) -> damaged map, or None without anything to damage."""

PROBES: dict[str, Probe] = {
    probe.__name__: probe
    for probe in (
        timing_probes.shifted_60ms,
        object_probes.jittered_10ms,
        object_probes.random_places,
        song_probes.flattened,
        object_probes.density_doubled,
        object_probes.chords_grown,
        song_probes.sections_shuffled,
        song_probes.song_swapped,
        timing_probes.wrong_tempo,
        timing_probes.tempo_doubled,
        timing_probes.lines_late,
        object_probes.sounds_removed,
        object_probes.settings_changed,
    )
}
"""Probes by the name that metrics use."""
