"""Table of metrics by probe: effect of damage on each metric.

It is measured on human-made maps of known quality.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.bands import Bands
from evaluation.charts import Case, MeasuredChart
from evaluation.metrics import METRICS, Metric, Reaction, values_of
from evaluation.probes import PROBES
from evaluation.report.markdown import table

FEWEST_THAT_AGREE = 2 / 3
"""A reaction is one of most charts that react at all, not of a single large one."""


@dataclass(frozen=True)
class ProbeResult:
    """Values of a metric before and after damage [charts].

    Only charts with both count.
    """

    before: np.ndarray
    after: np.ndarray

    @property
    def change(self) -> np.ndarray:
        return self.after - self.before

    def fulfils(self, reaction: Reaction, visible: float) -> bool:
        """Return whether the change is as stated.

        It must be of `visible` size in the mean, and in that direction in most charts.
        """
        change = self.change
        if reaction is Reaction.STAYS:
            return bool((np.abs(change) <= 1e-9).all())
        signed = change if reaction is Reaction.RISES else -change
        moved = signed[signed != 0]
        return bool(signed.mean() >= visible and (moved > 0).mean() >= FEWEST_THAT_AGREE)


def run_probe(charts: Sequence[tuple[str, MeasuredChart]], bands: Bands) -> dict[tuple[str, str], ProbeResult]:
    """Measure every (metric, probe) over (song, chart) pairs.

    Metrics that no chart has are omitted.
    """
    pairs: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for song, chart in charts:
        others = [other for name, other in charts if name != song and other.beatmap.mode is chart.beatmap.mode]
        clean = values_of(Case(chart, chart, chart.attributes, bands.find(chart.beatmap.mode, chart.level)))
        for probe, damaged in _damage(song, chart, others, bands):
            for name, value in values_of(damaged).items():
                pairs[name, probe].append((clean[name], value))
    return {key: measured for key, of in pairs.items() if (measured := _finite(of)) is not None}


def _damage(
    song: str, chart: MeasuredChart, others: Sequence[MeasuredChart], bands: Bands
) -> Iterator[tuple[str, Case]]:
    """Yield every probe applicable to a chart, as a case.

    Its human-made map and its request are those without damage.
    """
    for name, probe in PROBES.items():
        beatmap = probe(chart, others, np.random.default_rng(zlib.crc32(f"{song} {name}".encode())))
        if beatmap is not None and beatmap.hit_objects:
            # The song plays on, whatever is charted to it, and the level stays the one that was requested.
            case = Case(MeasuredChart(beatmap, name), chart, chart.attributes, bands.find(beatmap.mode, chart.level))
            yield name, case


def _finite(pairs: list[tuple[float, float]]) -> ProbeResult | None:
    values = np.array(pairs, float)
    known = values[np.isfinite(values).all(axis=1)]
    return ProbeResult(known[:, 0], known[:, 1]) if len(known) else None


def list_reactions() -> Iterator[tuple[Metric, str, Reaction]]:
    """Yield every metric with a probe and the expected reaction."""
    for metric in METRICS.values():
        for probe, reaction in metric.reacts.items():
            yield metric, probe, reaction


def markdown(measured: Mapping[tuple[str, str], ProbeResult]) -> str:
    """Format metric by probe: means without damage and with it.

    Bold marks changes that the metric states.
    """
    rows = []
    for name, metric in METRICS.items():
        cells = []
        clean = [of.before.mean() for (metric_name, _), of in measured.items() if metric_name == name]
        for probe in PROBES:
            found = measured.get((name, probe))
            text = "" if found is None else f"{found.after.mean():.3g}"
            cells.append(
                f"**{text}**" if text and metric.reacts.get(probe, Reaction.STAYS) is not Reaction.STAYS else text
            )
        rows.append([name, f"{clean[0]:.3g}", *cells] if clean else [name, ""])
    return table(("metric", "no damage", *PROBES), rows)
