"""Suggestions from metrics outside bands, with the three worst places.

The bands are those of human-made maps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from modding.observation.tick_evidence import TickEvidence
from modding.report.editor_notation import MapNames
from modding.suggestions import Place, Severity, Source, Suggestion
from modding.whole_map.norms import Deviation, MapNorms
from modding.whole_map.own_metrics import metrics_of
from modding.whole_map.wording import METRIC_TEXTS, MetricText
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.profile.profile import FEWEST_OBJECTS
from osuT5.rhythm.conditions import Origin, origin_of

CERTAIN_PER_MAP, LIKELY_PER_MAP, LISTED_PER_MAP = 0.002, 0.008, 0.025
"""Fractions of human-made maps that are as far outside the band of one metric; a map has 25 to 40 metrics."""

PLACES = 3
PART_OBJECTS = 32
"""Objects of the parts that are compared for the worst places."""

MODE_NOUNS = ("standard", "taiko", "catch", "mania")


def map_suggestions(
    names: MapNames, stars: float, norms: MapNorms, evidence: TickEvidence | None = None
) -> list[Suggestion]:
    """Return a suggestion for each metric far outside its band.

    The rarest comes first.

    Charts converted from other games have a style of their own, and get none.

    Args:
        names: Names of the objects of the map.
        stars: Its star rating.
        norms: Bands of human-made maps.
        evidence: Ticks on which objects are likely in its song.
    """
    beatmap = names.beatmap
    if origin_of(beatmap) is not Origin.OSU:
        return []
    metrics = metrics_of(beatmap, evidence)
    deviations = [each for each in norms.deviations(beatmap.mode, stars, metrics) if each.per_map <= LISTED_PER_MAP]
    parts = _measured_parts(beatmap, evidence) if deviations else []
    return [_suggestion(each, names, parts) for each in deviations]


def severity_of_map(per_map: float) -> Severity:
    if per_map <= CERTAIN_PER_MAP:
        return Severity.CERTAIN
    return Severity.LIKELY if per_map <= LIKELY_PER_MAP else Severity.POSSIBLE


def _measured_parts(beatmap: Beatmap, evidence: TickEvidence | None) -> list[tuple[float, dict[str, float]]]:
    """Return the start in ms and metrics of a map's parts."""
    objects = sorted(beatmap.hit_objects, key=lambda obj: obj.time_ms)
    firsts = range(0, max(1, len(objects) - FEWEST_OBJECTS), PART_OBJECTS)
    parts = [objects[first : first + PART_OBJECTS] for first in firsts]
    return [(part[0].time_ms, metrics_of(replace(beatmap, hit_objects=part), evidence)) for part in parts]


def _suggestion(deviation: Deviation, names: MapNames, parts: Sequence[tuple[float, dict[str, float]]]) -> Suggestion:
    text = METRIC_TEXTS[deviation.metric]
    band, mode = deviation.band, MODE_NOUNS[names.beatmap.mode]
    actual, expected = text.write(deviation.value), _write_band(text, band.low, band.high)
    places_ms = _worst_places_ms(deviation, parts) if text.has_places else []
    return Suggestion(
        category=text.category,
        source=Source.MAP,
        severity=severity_of_map(deviation.per_map),
        subject="map",
        message=f"{text.phrase.format(actual)}; human-made {mode} maps at this level: {expected}.",
        actual=actual,
        expected=expected,
        rule=deviation.metric,
        per_map=deviation.per_map,
        places=tuple(Place(time_ms, names.stamp(time_ms), names.link(time_ms)) for time_ms in places_ms),
    )


def _write_band(text: MetricText, low: float, high: float) -> str:
    low_text, high_text = text.write(low), text.write(high)
    if low_text == high_text:
        return high_text
    return f"{low_text.removesuffix(text.unit).rstrip()}-{high_text}"


def _worst_places_ms(deviation: Deviation, parts: Sequence[tuple[float, dict[str, float]]]) -> list[float]:
    """Return the starts of the worst parts, in order of time."""
    sign = 1.0 if deviation.is_high else -1.0
    edge = deviation.band.high if deviation.is_high else deviation.band.low
    found = [(sign * (metrics.get(deviation.metric, math.nan) - edge), time_ms) for time_ms, metrics in parts]
    outside = [(by, time_ms) for by, time_ms in found if np.isfinite(by) and by > 0]
    return sorted(time_ms for _, time_ms in sorted(outside, key=lambda each: (-each[0], each[1]))[:PLACES])
