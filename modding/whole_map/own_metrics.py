"""Metrics of a map for reviews only; others are in `osu_beatmap.profile`."""

from __future__ import annotations

import math

import numpy as np

from modding.habits.column_network import mean_column_bits
from modding.habits.sounds import ADDITIONS
from modding.observation.tick_evidence import TickEvidence
from osu_beatmap.beatmap import Beatmap, GameMode
from osu_beatmap.profile.beats import beat_places, share
from osu_beatmap.profile.profile import FEWEST_OBJECTS, profile_of
from osu_beatmap.profile.sounds import sound_events
from osu_beatmap.rules.chart import Chart

RHYTHM_TICKS_PER_BEAT = 12
SAME_VELOCITY = 0.005


def metrics_of(beatmap: Beatmap, evidence: TickEvidence | None = None) -> dict[str, float]:
    """Return all metrics of a map by name, as `profile_of` does.

    A map with few objects has none.

    Args:
        beatmap: The map, or a part of it.
        evidence: Ticks of the whole map on which objects are likely; some metrics need it.
    """
    chart = Chart(beatmap)
    if not chart.has_tempo or len(chart.objects) < FEWEST_OBJECTS:
        return {}
    return profile_of(beatmap) | own_metrics(chart, evidence)


def own_metrics(chart: Chart, evidence: TickEvidence | None = None) -> dict[str, float]:
    """Return this module's metrics by name; NaN without anything to measure."""
    times_ms = np.unique(chart.start_ms)
    velocities = np.array([chart.timing.sv_at(time_ms) for time_ms in times_ms.tolist()])
    difficulty, mode = chart.beatmap.difficulty, chart.beatmap.mode
    metrics = {
        "velocity_change_share": share(np.abs(np.diff(velocities)) > SAME_VELOCITY),
        "repeated_bar_share": _repeated_bar_share(chart, times_ms),
        "overall_difficulty": difficulty.overall_difficulty,
    }
    if mode in (GameMode.STANDARD, GameMode.CATCH):
        metrics |= {"circle_size": difficulty.circle_size, "approach_rate": difficulty.approach_rate}
    if mode is not GameMode.TAIKO:
        metrics["sounded_share"] = share((sound_events(chart)[1] & ADDITIONS) > 0)
    if mode is GameMode.MANIA:
        metrics["column_bits"] = mean_column_bits(chart.beatmap)
    else:
        metrics["slider_multiplier"] = difficulty.slider_multiplier
    if evidence is not None:
        metrics["expected_tick_share"] = evidence.expected_share(times_ms)
        metrics["in_place_ratio"] = evidence.in_place_ratio(times_ms)
    return metrics


def _repeated_bar_share(chart: Chart, times_ms: np.ndarray) -> float:
    """Return the fraction of bars with the rhythm of the bar before."""
    places = beat_places(chart.timing, times_ms)
    ticks = np.rint(places.since_line * RHYTHM_TICKS_PER_BEAT).astype(np.int64)
    bars, phases = np.divmod(ticks, places.meter * RHYTHM_TICKS_PER_BEAT)
    rhythms: dict[int, list[int]] = {}
    for bar, phase in zip(bars.tolist(), phases.tolist(), strict=True):
        rhythms.setdefault(bar, []).append(phase)
    pairs = [rhythm == rhythms[bar - 1] for bar, rhythm in rhythms.items() if bar - 1 in rhythms]
    return share(np.array(pairs, bool)) if pairs else math.nan
